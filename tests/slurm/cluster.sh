# shellcheck shell=sh
# For the tests of tests/slurm, to be sourced: a whole Slurm for one test, in one folder. By itself,
# `sh tests/slurm/cluster.sh [COMMAND]` runs a shell or a command in such a cluster.
#
# Each of the four nodes is a set of namespaces (network, name, shared memory, processes, mounts)
# held by an init of its own, and all of it lives in namespaces that were entered before: nothing is
# seen outside, clusters do not meet, and everything ends with the first process, however that ends.
# Where namespaces cannot be made the nodes are daemons with a port each, on one host.
#
# The script that sources it says first `cluster_enter "$@"`, which runs it again inside, or exits
# with 77 after the reason; then it has, in $cluster, a folder for the test and for Slurm's files.
#     cluster_start, cluster_stop
#     node_down NODE     as in a power cut: all that runs there is gone; Slurm is told so
#     node_up NODE
#     wait_for SECONDS COMMAND...    until the command succeeds

cluster_nodes='node1 node2 node3 node4'
cluster_cpus=2
cluster_net=10.77.6
cluster_port=26817
cluster_daemons= # process ids

say() { echo "$(basename "$0"): $*"; }
skip() { say "skipped: $*"; exit 77; }

wait_for() { # SECONDS COMMAND...
    wait_end=$(($(date +%s) + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$(date +%s)" -lt $wait_end ] || return 1
        sleep 0.1
    done
}

# ---- outside -------------------------------------------------------------------------------------

# With CAP_SYS_ADMIN, and CAP_NET_ADMIN inside.
can_unshare() {
    unshare --net --uts --mount --pid --ipc --fork --kill-child --mount-proc \
        ip link add bridge0 type bridge 2>/dev/null
}

cluster_leave() {
    [ -z "$inside" ] || kill -KILL "$inside" 2>/dev/null
    [ -z "$inside" ] || wait "$inside" 2>/dev/null
    # What a node keeps until the kernel has taken it down.
    wait_for 5 rm -rf "$cluster"
}

cluster_enter() {
    PATH=$PATH:/usr/sbin:/sbin
    case ${1-} in --inside)
        cluster=$2 cluster_how=$3
        return ;;
    esac
    for tool in munged slurmctld slurmd srun sbatch scontrol unshare ip; do
        command -v $tool >/dev/null || skip "there is no $tool here (Debian: munge slurmctld slurmd" \
            "slurm-client slurm-wlm-basic-plugins iproute2)"
    done
    [ "$(id -u)" = 0 ] || skip "a Slurm for tests needs root"
    cluster=$(mktemp -d)
    inside=
    trap 'cluster_leave; exit 1' INT TERM HUP
    if can_unshare; then
        unshare --net --uts --mount --pid --ipc --fork --kill-child --mount-proc \
            sh "$0" --inside "$cluster" apart "$@" </dev/null &
    else
        sh "$0" --inside "$cluster" together "$@" </dev/null &
    fi
    inside=$!
    status=0
    wait $inside || status=$?
    inside=
    cluster_leave
    exit $status
}

# ---- configuration -------------------------------------------------------------------------------

# Each line that is not plain has a reason: what fails without it.
write_conf() {
    controller=ctl host=
    [ "$cluster_how" = apart ] || { controller=$(hostname -s); host="NodeHostname=$controller"; }
    address=127.0.0.1
    [ "$cluster_how" != apart ] || address=$cluster_net.254
    cat <<CONF
ClusterName=troupe
SlurmctldHost=$controller($address)
SlurmctldPort=$cluster_port
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
CredType=cred/munge
# a requeued job waits cred_expire + 1 s (default 121), and a step is to be launched within it: 5 is
# the least, and too little for a busy machine
AuthInfo=socket=$cluster/munge/socket,cred_expire=15
StateSaveLocation=$cluster/state
SlurmdSpoolDir=$cluster/spool/%n
# mpi/pmix makes a directory there with a name that all nodes share
TmpFS=$cluster/tmp/%n
SlurmctldPidFile=$cluster/run/slurmctld.pid
SlurmdPidFile=$cluster/run/%n.pid
SlurmctldLogFile=$cluster/log/slurmctld
SlurmdLogFile=$cluster/log/%n
# cgroups may be missing
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=pmix
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
# more CPUs than the machine has
SlurmdParameters=config_overrides
GresTypes=gpu,fpga
SchedulerParameters=sched_min_interval=50000,batch_sched_delay=0,bf_interval=1,sched_interval=2
ReturnToService=2
SlurmdTimeout=20
KillWait=3
MinJobAge=3600
JobRequeue=1
MailProg=/bin/true
CONF
    port=$cluster_port
    for node in $cluster_nodes; do
        [ "$cluster_how" != apart ] || address=$cluster_net.${node#node}
        [ "$cluster_how" = apart ] && port=$((cluster_port + 1)) || port=$((port + 1))
        echo "NodeName=$node $host NodeAddr=$address Port=$port CPUs=$cluster_cpus" \
            "Sockets=1 CoresPerSocket=$cluster_cpus ThreadsPerCore=1 RealMemory=1024" \
            "Gres=gpu:2,fpga:1 State=UNKNOWN"
    done
    echo "PartitionName=main Nodes=ALL Default=YES MaxTime=60 DefaultTime=5 State=UP"
}

# A GPU must be a device, and one without a file makes the node invalid; what is only counted may
# have none.
write_gres() {
    echo "AutoDetect=off"
    for device in null zero; do echo "Name=gpu File=/dev/$device"; done
    echo "Name=fpga Count=1"
}

write_files() {
    for folder in etc log munge run spool state tmp out; do mkdir -p "$cluster/$folder"; done
    for node in $cluster_nodes; do mkdir -p "$cluster/spool/$node" "$cluster/tmp/$node"; done
    chmod 755 "$cluster" "$cluster/munge"
    (umask 077 && head -c 128 /dev/urandom >"$cluster/munge/key")
    write_conf >"$cluster/etc/slurm.conf"
    write_gres >"$cluster/etc/gres.conf"
    # slurmd looks for cgroups though nothing uses them, unless it is told which
    echo "CgroupPlugin=cgroup/v1" >"$cluster/etc/cgroup.conf"
}

# ---- nodes ---------------------------------------------------------------------------------------

node_pid() { cat "$cluster/run/$1.init" 2>/dev/null; }

# The first process of a node says by which number it is known outside, once it is ready; then it
# looks after what is left alone.
node_init='
    read -r pid rest </proc/self/stat
    mount -t proc proc /proc && mount -t tmpfs shm /dev/shm && hostname "$1" || exit
    echo "$pid" >"$2/run/$1.new" && mv "$2/run/$1.new" "$2/run/$1.init"
    until [ -e "$2/run/$1.cable" ]; do sleep 0.1; done
    slurmd -N "$1" -f "$2/etc/slurm.conf"
    while :; do sleep 1; done'

cables=0
node_apart() { # NODE
    rm -f "$cluster/run/$1.init" "$cluster/run/$1.cable"
    unshare --net --uts --ipc --mount --pid --fork --kill-child \
        sh -c "$node_init" init "$1" "$cluster" >>"$cluster/log/$1.init" 2>&1 &
    cluster_daemons="$cluster_daemons $!"
    wait_for 20 test -s "$cluster/run/$1.init" || return 1
    pid=$(node_pid "$1")
    cables=$((cables + 1)) # a name for each: that of a node gone stays for a moment
    ip link add "cable$$.$cables" type veth peer name eth0 netns "$pid" &&
        ip link set "cable$$.$cables" master bridge0 up &&
        on_node "$1" ip link set lo up && on_node "$1" ip link set eth0 up &&
        on_node "$1" ip addr add "$cluster_net.${1#node}/24" dev eth0 &&
        touch "$cluster/run/$1.cable"
}

node_together() { # NODE
    slurmd -D -N "$1" -f "$SLURM_CONF" >/dev/null 2>&1 &
    cluster_daemons="$cluster_daemons $!"
    echo $! >"$cluster/run/$1.init"
}

on_node() { # NODE COMMAND...
    if [ "$cluster_how" = apart ]; then
        pid=$(node_pid "$1")
        shift
        nsenter --target "$pid" --net --uts --ipc --mount --pid "$@"
    else
        shift
        "$@"
    fi
}

# What Slurm has started for a node, where that has no processes of its own: they tell by their
# environment.
steps_of() { # REGEXP of nodes
    for file in /proc/[0-9]*/environ; do
        cat "$file" 2>/dev/null | tr '\0' '\n' | grep -qxE "SLURMD_NODENAME=($1)" || continue
        cat "$file" 2>/dev/null | tr '\0' '\n' | grep -qxF "SLURM_CONF=$SLURM_CONF" || continue
        file=${file#/proc/}
        echo "${file%/environ}"
    done
}

node_down() { # NODE
    pids=$(node_pid "$1")
    [ "$cluster_how" = apart ] || pids="$pids $(steps_of "$1")"
    # shellcheck disable=SC2086 # a list
    kill -KILL $pids 2>/dev/null
    scontrol update "NodeName=$1" State=DOWN Reason=test
}

# What it had in its own files is gone: a requeued job has the same names again.
node_up() { # NODE
    rm -rf "${cluster:?}/tmp/$1" "$cluster/spool/$1"
    mkdir -p "$cluster/tmp/$1" "$cluster/spool/$1"
    "node_$cluster_how" "$1"
}

nodes_are_up() {
    [ "$(sinfo -h -N -t idle,alloc,mix -o %N | wc -l)" = "$(echo "$cluster_nodes" | wc -w)" ]
}

# ---- all of it -----------------------------------------------------------------------------------

lost() { # WHAT
    say "FAILED: $*"
    sinfo -N -l 2>&1 | sed 's/^/    /'
    tail -n 5 "$cluster"/log/* 2>/dev/null | sed 's/^/    /'
    exit 1
}

cluster_start() {
    export SLURM_CONF="$cluster/etc/slurm.conf"
    write_files
    trap cluster_stop EXIT
    trap 'exit 1' INT TERM HUP
    if [ "$cluster_how" = apart ]; then
        hostname ctl
        { ip link set lo up && ip link add bridge0 type bridge && ip link set bridge0 up &&
            ip addr add $cluster_net.254/24 dev bridge0; } || lost "no bridge"
    else
        # The nodes have one name, which shared memory would be shared by.
        export OMPI_MCA_btl=self,tcp
    fi
    munged --foreground --key-file="$cluster/munge/key" --socket="$cluster/munge/socket" \
        --pid-file="$cluster/munge/pid" --log-file="$cluster/munge/log" \
        --seed-file="$cluster/munge/seed" >"$cluster/log/munged" 2>&1 &
    cluster_daemons=$!
    wait_for 20 test -S "$cluster/munge/socket" || lost "munged does not start"
    slurmctld -D -f "$SLURM_CONF" >"$cluster/log/ctl" 2>&1 &
    cluster_daemons="$cluster_daemons $!"
    for node in $cluster_nodes; do
        "node_$cluster_how" "$node" || lost "$node does not start"
    done
    wait_for 60 nodes_are_up || lost "the nodes are not up after 60 s"
}

cluster_stop() {
    trap - EXIT
    [ "$cluster_how" = apart ] || timeout 10 scancel -Q --user=root
    # shellcheck disable=SC2086 # lists
    [ -z "$cluster_daemons" ] || kill -KILL $cluster_daemons 2>/dev/null
    [ "$cluster_how" = apart ] ||
        for pid in $(steps_of '.*'); do kill -KILL "$pid" 2>/dev/null; done
    # shellcheck disable=SC2086
    [ -z "$cluster_daemons" ] || wait $cluster_daemons 2>/dev/null
    cluster_daemons=
}

case $0 in *cluster.sh)
    cluster_enter "$@"
    shift 3
    cluster_start
    sinfo
    "${@:-sh}"
    ;;
esac
