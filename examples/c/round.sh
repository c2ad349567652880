#!/bin/sh
# A controller, a server and five clients, each of them a program that is started anew for every step and knows what is in its folder. Client 4 falls
# silent in the middle of the first round and is back in the second. Ends with 0 if both sums are those of the numbers.
#
#     ./round.sh BIN FOLDER     BIN has the programs, FOLDER is empty
#
# WRAP may hold a command that runs programs, such as a memory checker; it runs every step of client 1, and what a server does to open a sum.
set -eu

bin=$(cd "$1" && pwd)
cd "$2"

controller() { ${WRAP:-} "$bin/controller" "$@"; }
server() { case $1 in sum) wrap=${WRAP:-} ;; *) wrap= ;; esac; $wrap "$bin/server" office "$@"; }
client() { id=$1; shift; case $id in 1) wrap=${WRAP:-} ;; *) wrap= ;; esac; $wrap "$bin/client" "client-$id" "$@"; }

# Everybody who is there gets the message of the present step and answers. An answer may end the step: all messages are written before the first one.
sweep() {
    for member in $members; do server message "$member" "to-$member"; done
    for member in $present; do
        [ -s "to-$member" ] || continue
        client "$member" answer "to-$member" "from-$member" context
        if [ -s "from-$member" ]; then server receive "$member" "from-$member"; fi
    done
}

# Step after step, until the server waits for its host. Who has not answered is left out.
play() {
    while step=$(server step) && [ "$step" != sum ]; do
        sweep
        case $step in ready | finished) break ;; esac
        if [ "$(server step)" = "$step" ]; then server close; fi
    done
}

# The sum of the numbers of those who are there, added up in the clear.
plain() {
    for member in $present; do cat "client-$member/values"; done |
        awk -v length_of=4 '{ sum[(NR - 1) % length_of] += $1 } END { for (i = 0; i < length_of; i++) printf "%.6f\n", sum[i] }'
}

members="1 2 3 4 5"
present=$members
: > roster
for member in $members; do
    echo "$member $(client "$member" identity)" >> roster
    awk -v id="$member" 'BEGIN { for (i = 1; i <= 4; i++) printf "%.3f\n", id * 10.125 - i * i }' > "client-$member/values"
done
# shellcheck disable=SC2046 # each id and fingerprint is a word of its own
controller run define 4 $(cat roster)
controller run show
for member in $members; do client "$member" join run; done
server new run

: > context
server invite
play

printf 'the model of round 1' > context
present="1 2 3 5"
server begin context
play
server sum > sum-1
plain > plain-1
play

printf 'the model of round 2' > context
present=$members
server begin context
play
server sum > sum-2
plain > plain-2
play

paste sum-1 plain-1 sum-2 plain-2
cmp sum-1 plain-1
cmp sum-2 plain-2
echo "the sums agree"
