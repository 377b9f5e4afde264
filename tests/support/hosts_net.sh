# shellcheck shell=sh
# For tests/hosts.sh: three hosts on one machine, each a set of namespaces (network, name, shared
# memory, processes, mounts) held by an init of its own, and joined by a bridge. All of it lives in
# namespaces that tests/hosts.sh has entered before: nothing of it is seen on the machine, and it
# goes with them.
#     $scratch    a directory: pid.HOST, the init of a host; cable.HOST, what joins it to the
#                 bridge; rsh, what a launcher calls as ssh; tmp

network=10.77.5
hosts='host1 host2 host3'
inits=
cables=0

# The init of a host says by which process it is known outside, once it is ready.
init='
    read -r pid rest </proc/self/stat
    hostname "$1" && mount -t proc proc /proc && mount -t tmpfs shm /dev/shm &&
        mount -t tmpfs tmp "$2/tmp" && echo "$pid" >"$2/new.$1" &&
        mv "$2/new.$1" "$2/pid.$1" || exit
    while :; do sleep 1000; done'

bridge_up() {
    ip link set lo up && ip link add bridge0 type bridge && ip link set bridge0 up &&
        ip addr add $network.254/24 dev bridge0
}

host_up() { # HOST
    rm -f "$scratch/pid.$1"
    unshare --net --uts --ipc --mount --pid --fork --kill-child \
        sh -c "$init" init "$1" "$scratch" 2>"$scratch/err.$1" &
    inits="$inits $!"
    tries=0
    until [ -f "$scratch/pid.$1" ]; do
        tries=$((tries + 1))
        [ $tries -lt 100 ] && kill -0 $! 2>/dev/null || return 1
        sleep 0.05
    done
    pid=$(cat "$scratch/pid.$1")
    cables=$((cables + 1)) # a name for each: what a host leaves behind goes a moment after it
    echo "cable$cables" >"$scratch/cable.$1"
    ip link add "cable$cables" type veth peer name eth0 netns "$pid" &&
        ip link set "cable$cables" master bridge0 up &&
        on_host "$1" ip link set lo up && on_host "$1" ip link set eth0 up &&
        on_host "$1" ip addr add "$network.${1#host}/24" dev eth0
}

hosts_up() {
    for host in $hosts; do
        host_up "$host" || return 1
    done
}

# As if they were switched off: what runs on a host goes with its init.
hosts_down() {
    # shellcheck disable=SC2086 # a list
    [ -z "$inits" ] || kill -KILL $inits 2>/dev/null
    # shellcheck disable=SC2086
    [ -z "$inits" ] || wait $inits 2>/dev/null
    inits=
}

# As if its switch had failed: it sends, and nothing comes of it.
falls_silent() { # HOST
    ip link set "$(cat "$scratch/cable.$1")" nomaster
}

on_host() { # HOST COMMAND...
    pid=$(cat "$scratch/pid.$1")
    shift
    nsenter --target "$pid" --net --uts --ipc --mount --pid "$@"
}

# As with ssh, nothing of the launcher's environment is there on the host.
write_rsh() {
    cat >"$scratch/rsh" <<RSH
#!/bin/sh
while case \$1 in -*) true ;; *) false ;; esac; do shift; done
pid=\$(cat "$scratch/pid.\$1") || exit 255
shift
exec nsenter --target "\$pid" --net --uts --ipc --mount --pid env -i PATH="$PATH" HOME=/ \
    ${LD_LIBRARY_PATH:+LD_LIBRARY_PATH="$LD_LIBRARY_PATH"} TMPDIR="$scratch/tmp" sh -c "\$*"
RSH
    chmod +x "$scratch/rsh"
}

# What has come out of the host's cable so far, in bytes.
bytes_from() { # HOST
    on_host "$1" sed -n 's/^ *eth0: *//p' /proc/net/dev | awk '{ print $9 }'
}

# ---- bad links: each fails where the kernel does not have it -------------------------------------

by_netem() { # HOST
    on_host "$1" tc qdisc add dev eth0 root netem delay 2ms 1ms loss 1%
}

# One packet in a hundred goes where there is no room for any; the others share 20 Mbit/s. The
# filter is classic BPF: load a random word, match if it is less than 2^32 / 100.
by_htb() { # HOST
    on_host "$1" sh -e -c '
        tc qdisc add dev eth0 root handle 1: htb default 1
        tc class add dev eth0 parent 1: classid 1:1 htb rate 20mbit burst 3k quantum 1514
        tc class add dev eth0 parent 1: classid 1:2 htb rate 20mbit burst 3k quantum 1514
        tc qdisc add dev eth0 parent 1:1 pfifo limit 100
        tc qdisc add dev eth0 parent 1:2 pfifo limit 0
        tc filter add dev eth0 parent 1: protocol all bpf bytecode \
            "4,32 0 0 4294963256,53 0 1 42949673,6 0 0 0,6 0 0 4294967295" flowid 1:2'
}

spoil() { # HOW: the links of all hosts
    for host in $hosts; do
        # A packet is lost alone, and not with what the host left to its card to cut.
        on_host "$host" ip link set eth0 gso_max_segs 1 && "by_$1" "$host" || return 1
    done
}

lost_by() { # HOST
    on_host "$1" tc -s qdisc show dev eth0 | sed -n 's/.*dropped \([0-9]*\),.*/\1/p' | head -n 1
}
