#!/bin/sh
# Says what the course needs and what this machine has, then offers what is missing.
# Installs nothing that you have not said yes to; without a terminal it asks nothing and installs nothing.
# Exit code: 0 when git and at least one language are there, 1 otherwise.
set -u

say() {
    printf '  %-9s %-14s %s\n' "$1" "$2" "$3"
}

# First "major.minor" in a text: "go version go1.22.3 linux/amd64" -> "1.22"
version_in() {
    printf '%s\n' "$1" | sed -n 's/^[^0-9]*\([0-9][0-9]*\.[0-9][0-9]*\).*$/\1/p' | sed -n 1p
}

# at_least 1.22 1.9 is true: versions compare number by number, not as text
at_least() {
    [ "${1%%.*}" -gt "${2%%.*}" ] && return 0
    [ "${1%%.*}" -eq "${2%%.*}" ] && [ "${1#*.}" -ge "${2#*.}" ]
}

# has WANTED COMMAND...: true when it is there and new enough; $found says what was found
has() {
    wanted=$1
    shift
    found="missing"
    command -v "$1" >/dev/null 2>&1 || return 1
    found=$(version_in "$("$@" 2>/dev/null)")
    if [ -z "$found" ]; then
        found="unknown"
        return 1
    fi
    at_least "$found" "$wanted" && return 0
    found="$found, old"
    return 1
}

# check NAME WANTED HINT COMMAND...: the same, told in a line
check() {
    name=$1 wanted=$2 hint=$3
    shift 3
    if has "$wanted" "$@"; then
        say "$name" "$found" "ok"
    else
        say "$name" "$found" "wanted: $wanted or newer. $hint"
        return 1
    fi
}

# yes QUESTION: asks at the terminal. No terminal, or anything but y: no.
yes() {
    [ -t 0 ] && [ -t 1 ] || return 1
    printf '%s [y/N] ' "$1"
    read -r answer || return 1
    case $answer in
        y | Y | yes | Yes) return 0 ;;
        *) return 1 ;;
    esac
}

# apt_has PACKAGE WANTED: Debian's package is new enough ("1:2.39.5-0" -> "2.39")
apt_has() {
    candidate=$(apt-cache policy "$1" 2>/dev/null | sed -n 's/^ *Candidate: *\([0-9]*:\)\{0,1\}//p')
    candidate=$(version_in "$candidate")
    [ -n "$candidate" ] && at_least "$candidate" "$2"
}

# offer WANTED BREW APT: names the one command that brings it here, and runs it after a yes.
# Without a package that is new enough there is nothing to offer: the line above has the address.
offer() {
    wanted=$1 brew=$2 apt=$3
    if command -v brew >/dev/null 2>&1; then
        set -- brew install "$brew"
    elif command -v apt-get >/dev/null 2>&1 && apt_has "$apt" "$wanted"; then
        set -- apt-get install "$apt"
        [ "$(id -u)" -eq 0 ] || set -- sudo "$@"
    else
        return 1
    fi
    echo "  $*"
    yes "  Run this now?" && "$@"
}

echo "What the course needs"
echo
echo "  git, and one language: Python 3.10, Go 1.22, Node 22.22 (it runs TypeScript as it is) or Rust 1.85."
echo "  Some labs, kafka-producer-consumer the first of them, run on real services: with Docker, or natively"
echo "  after \"mastery services fetch\". rest-api needs none."
echo
echo "What is here"
echo
git_found=no languages=0 lacking=""
check git 2.20 "https://git-scm.com/downloads" git --version && git_found=yes
for language in python3 go node rust; do
    case $language in
        python3) check python3 3.10 "https://www.python.org/downloads/" python3 --version ;;
        go) check go 1.22 "https://go.dev/dl/" go version ;;
        node) check node 22.22 "https://nodejs.org/en/download" node --version ;;
        rust) check rust 1.85 "https://rustup.rs" rustc --version ;;
    esac && languages=$((languages + 1)) || lacking="$lacking $language"
done
check docker 20.10 "Optional: https://docs.docker.com/get-docker/" docker --version
echo

if [ "$git_found" = no ]; then
    echo "git is missing or too old: your workspace and your attempts live in it."
    offer 2.20 git git && has 2.20 git --version && git_found=yes
elif [ -z "$(git config user.name)" ] || [ -z "$(git config user.email)" ]; then
    echo "git does not know who you are yet:"
    echo "  git config --global user.name \"Your Name\""
    echo "  git config --global user.email \"you@example.com\""
fi

# The language that this workspace scaffolds, where there is one: with another at hand, only that is offered.
settings=$(dirname "$0")/../mastery.toml
chosen=$(sed -n 's/^language *= *"\([a-z]*\)".*/\1/p' "$settings" 2>/dev/null)
case $chosen in
    python) chosen=python3 ;;
    typescript) chosen=node ;;
esac
if [ "$languages" -eq 0 ]; then
    echo "No language is ready. One of the four is enough to begin."
    offered=$lacking
else
    case " $lacking " in
        *" $chosen "*)
            echo "mastery.toml asks for the one that is missing here."
            offered=$chosen
            ;;
        *) offered="" ;;
    esac
fi
if [ -n "$offered" ]; then
    for language in $offered; do
        case $language in
            python3) offer 3.10 python python3 && has 3.10 python3 --version ;;
            go) offer 1.22 go golang-go && has 1.22 go version ;;
            node) offer 22.22 node nodejs && has 22.22 node --version ;;
            rust) offer 1.85 rust rustc && has 1.85 rustc --version ;;
        esac && languages=$((languages + 1))
    done
fi

result=0
if [ "$git_found" = no ] || [ "$languages" -eq 0 ]; then
    result=1
fi
echo
if command -v mastery >/dev/null 2>&1; then
    echo "mastery doctor says:"
    echo
    mastery doctor || result=1
    if ! docker info >/dev/null 2>&1 && [ -t 0 ]; then
        echo
        echo "No Docker engine answers. Labs with services run without one, too:"
        mastery services fetch # says what and how much, and asks before it fetches
    fi
else
    echo "mastery is not on your PATH; once it is, \"mastery doctor\" looks closer."
fi
exit "$result"
