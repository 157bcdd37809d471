#!/bin/sh
# Says what the course needs and what this machine has. Installs nothing, changes nothing.
# Exit code: 0 when git and at least one language are there, 1 otherwise.
set -u

languages=0
git_found=no

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

# check NAME WANTED HINT COMMAND...: prints one line; true when NAME is there and new enough
check() {
    name=$1 wanted=$2 hint=$3
    shift 3
    if ! command -v "$1" >/dev/null 2>&1; then
        say "$name" "missing" "wanted: $wanted or newer. $hint"
        return 1
    fi
    found=$(version_in "$("$@" 2>/dev/null)")
    if [ -z "$found" ]; then
        say "$name" "unknown" "\"$*\" shows no version; wanted: $wanted or newer. $hint"
        return 1
    fi
    if ! at_least "$found" "$wanted"; then
        say "$name" "$found, old" "wanted: $wanted or newer. $hint"
        return 1
    fi
    say "$name" "$found" "ok"
}

echo "What the course needs"
echo
echo "  git, and one language: Python 3.10, Go 1.22, Node 22.22 (it runs TypeScript as it is) or Rust 1.85."
echo "  From week 2 on some labs use PostgreSQL, Kafka or Redis. Docker is one way to have them; week 1 needs none."
echo
echo "What is here"
echo
check git 2.0 "https://git-scm.com/downloads" git --version && git_found=yes
check python3 3.10 "https://www.python.org/downloads/" python3 --version && languages=$((languages + 1))
check go 1.22 "https://go.dev/dl/" go version && languages=$((languages + 1))
check node 22.22 "https://nodejs.org/en/download" node --version && languages=$((languages + 1))
check rust 1.85 "https://rustup.rs" rustc --version && languages=$((languages + 1))
check docker 20.10 "Optional: https://docs.docker.com/get-docker/" docker --version
echo

result=0
if [ "$git_found" = no ]; then
    echo "git is missing or too old: your workspace and your attempts live in it."
    result=1
elif [ -z "$(git config user.name)" ] || [ -z "$(git config user.email)" ]; then
    echo "git does not know who you are yet:"
    echo "  git config --global user.name \"Your Name\""
    echo "  git config --global user.email \"you@example.com\""
fi
if [ "$languages" -eq 0 ]; then
    echo "No language is ready. One of the four is enough to begin."
    result=1
fi

if command -v mastery >/dev/null 2>&1; then
    echo "mastery doctor says:"
    echo
    mastery doctor || result=1
else
    echo "mastery is not on your PATH; once it is, \"mastery doctor\" looks closer."
fi
exit "$result"
