# Completion of the command troupe for bash: commands and options, and what the running job has.

_troupe_actors() {
    troupe list actors 2>/dev/null | awk 'NR > 1 { print $1; if ($2 != "-") print $2 }'
}

_troupe_methods() { # ACTOR
    local class
    class=$(troupe show "$1" 2>/dev/null | awk '$1 == "class" { print $2 }')
    troupe list methods 2>/dev/null | awk -v class="$class" '$1 == class { print $2 }'
}

_troupe() {
    local word=${COMP_WORDS[COMP_CWORD]} words='' command=''
    local -a given=()
    local i
    for ((i = 1; i < COMP_CWORD; i++)); do
        [[ ${COMP_WORDS[i]} == -* ]] || given+=("${COMP_WORDS[i]}")
    done
    command=${given[0]-}
    case ${COMP_WORDS[COMP_CWORD - 1]} in
    --job) words=$(troupe jobs 2>/dev/null | awk 'NR > 1 { print $1 }') ;;
    --class) words=$(troupe list classes 2>/dev/null | awk 'NR > 1 { print $1 }') ;;
    *)
        if [[ $word == -* ]]; then
            words='--job --url --json --kill --name --or-existing --class --rank --timeout --limit
                --follow --help'
        else
            case $command:${#given[@]} in
            :0) words='list show call new end top logs summary stack jobs open tunnel' ;;
            list:1) words='actors tasks ranks classes methods' ;;
            show:1 | call:1 | end:1) words=$(_troupe_actors) ;;
            call:2) words=$(_troupe_methods "${given[1]}") ;;
            new:1) words=$(troupe list classes 2>/dev/null | awk 'NR > 1 { print $1 }') ;;
            esac
        fi
        ;;
    esac
    # What a job is made of may have any name: it is not expanded.
    mapfile -t COMPREPLY < <(set -f; IFS=$' \t\n'; for candidate in $words; do
        [[ $candidate != "$word"* ]] || printf '%q\n' "$candidate"; done)
    # The part before a colon stands already: bash takes it for a word of its own.
    ! declare -F __ltrim_colon_completions >/dev/null || __ltrim_colon_completions "$word"
}
complete -F _troupe troupe
