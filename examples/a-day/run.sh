#!/bin/sh
# One day with visitsafe: Sam plans a visit, Mo decides on it, and anyone can check it afterwards.
# Two people with a home folder each, one SQLite store, all in a temporary folder. Nothing of yours is touched.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export VISITSAFE_STORE="sqlite:///$work/store.sqlite3"

sam() { VISITSAFE_HOME="$work/sam" visitsafe "$@"; }
mo() { VISITSAFE_HOME="$work/mo" visitsafe "$@"; }
step() { printf '\n=== %s\n\n' "$*"; }

step "Mo founds the team, Sam joins it"
mo key new --name "Mo Adeyemi" --email mo@salford.example --no-passphrase
mo team found --role manager --name "Family support, Salford" --place "Salford, 53.49, -2.29"
sam key new --name "Sam Carter" --email sam@salford.example --no-passphrase
mo team add "$(sam team join)" --role practitioner

step "Sam plans tomorrow's visit from an answers file: visitsafe plan --answers answers.yaml --yes"
sam plan --answers "$here/answers.yaml" --yes --json >"$work/plan.json"
ref=$(sed -n 's/^  "ref": "\(.*\)",$/\1/p' "$work/plan.json")
sam show "$ref" --plain

step "Mo sees what is waiting, and may not countersign without a condition: visitsafe review $ref"
mo
mo review "$ref" --decision countersign --reason "Priya knows the family." || true

step "Mo countersigns with a condition"
mo review "$ref" --decision countersign \
  --reason "Priya knows the family and the school is worried, so the visit should not wait." \
  --condition "Before you set off, ring me and we agree what you do if the father is at home."

step "The page for staff supervision: visitsafe export $ref --format md"
mo export "$ref" --format md

step "Anyone can check it: visitsafe verify $ref"
sam verify "$ref"

step "And nobody has to trust visitsafe: OpenSSH checks the same record"
sam export "$ref" --format bundle --out "$work/record.zip"
python3 -m zipfile -e "$work/record.zip" "$work/record"
cd "$work/record"
grep '^ssh-keygen' README.txt | sh -ex

step "Done: planned, decided, exported and proved"
