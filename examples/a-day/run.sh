#!/bin/sh
# One day with visitsafe: Sam plans a visit, Mo decides on it, and anyone can check it afterwards.
# Two people with a home folder each, one SQLite store, all in a temporary folder. Nothing of yours is touched.
# At a terminal the folder stays, so that you can look at the whole pages; otherwise it is removed.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
[ -t 1 ] || trap 'rm -rf "$work"' EXIT
export VISITSAFE_STORE="sqlite:///$work/store.sqlite3"

sam() { VISITSAFE_HOME="$work/sam" visitsafe "$@"; }
mo() { VISITSAFE_HOME="$work/mo" visitsafe "$@"; }
step() { printf '\n=== %s\n\n' "$*"; }
# Talk goes where the results go, so that a log has it in the right order.
exec 2>&1

step "Mo founds the team, Sam joins it"
mo key new --name "Mo Adeyemi" --email mo@salford.example --no-passphrase
mo team found --role manager --name "Family support, Salford" --place "Salford, 53.49, -2.29"
mo team set --desk-phone "0161 496 0000"
sam key new --name "Sam Carter" --email sam@salford.example --no-passphrase
sam team join 2>"$work/said-to-sam" >"$work/line"
mo team add "$(cat "$work/line")" --role practitioner </dev/null

# In half an hour, at whatever hour this is played: who sets out and is back long before a visit, ends nothing.
at() { python3 -c 'import datetime as d, sys
print((d.datetime.now(d.UTC) + d.timedelta(minutes=int(sys.argv[1]))).strftime("%Y-%m-%dT%H:%MZ"))' "$1"; }
sed "s/^  start: .*/  start: $(at 30)/; s/^  due_back: .*/  due_back: $(at 105)/" \
  "$here/answers.yaml" >"$work/answers.yaml"

step "Sam plans a visit from an answers file: visitsafe plan --answers answers.yaml --yes"
sam plan --answers "$work/answers.yaml" --yes >"$work/signed" 2>&1 || { cat "$work/signed"; exit 1; }
cat "$work/signed"
ref=$(sed -n 's/ is signed: .*//p' "$work/signed")

step "What the answers mean together: visitsafe show $ref"
sam show "$ref" --plain >"$work/plan.txt"
sed '/^Decision$/,$d' "$work/plan.txt"
echo "(and every question with its answer, in $(wc -l <"$work/plan.txt" | tr -d ' ') lines)"

step "Mo sees what is waiting, and may not countersign without a condition: visitsafe review $ref"
mo
mo review "$ref" --decision countersign --reason "Priya knows the family." || true

step "Mo countersigns with a condition"
mo review "$ref" --decision countersign \
  --reason "Priya knows the family and the school is worried, so the visit should not wait." \
  --condition "Before you set off, ring me and we agree what you do if the father is at home."

step "Sam sets out; the duty desk sees it: visitsafe depart, visitsafe board"
sam depart "$ref"
mo watch --once
mo board --plain

step "Sam is back; so the watch over this visit is over"
sam arrive "$ref"
sam leave "$ref"
sam back "$ref" --note "Calm. Priya will ring the school."

step "Sam looks back for two minutes, and says what was shared: visitsafe debrief, visitsafe share"
sam debrief "$ref" --answers "$here/debrief.yaml" --yes
sam share "$ref" || true
sam share "$ref" --duty 1 --with "Health visitor, NHS" --how "by telephone" --what "Two of us go from now on."

step "What Mo takes to staff supervision and to the team's meeting: visitsafe export --case, visitsafe report"
mo export --case "$(sed -n 's/^  case: "\(.*\)"/\1/p' "$here/answers.yaml")" --format html --out "$work/case.html"
tomorrow=$(python3 -c 'import datetime as d; print(d.date.today() + d.timedelta(1))')
mo report --from today --to "$tomorrow" --plain | sed 30q
mo report --from today --to "$tomorrow" --format html --out "$work/report.html"

step "The page for staff supervision: visitsafe export $ref --format md"
mo export "$ref" --format md --out "$work/page.md"
mo export "$ref" --format html --out "$work/page.html"
sed 60q "$work/page.md"
echo "(the first 60 of $(wc -l <"$work/page.md" | tr -d ' ') lines)"

step "Anyone can check it: visitsafe verify $ref"
sam verify "$ref"

step "And nobody has to trust visitsafe: OpenSSH checks the same record"
sam export "$ref" --format bundle --out "$work/record.zip"
python3 -m zipfile -e "$work/record.zip" "$work/record"
(cd "$work/record" && grep '^ssh-keygen' README.txt | sh -e)

step "Done: planned, decided, watched, talked over, exported and proved"
[ ! -t 1 ] || echo "The whole pages and the record are in $work; delete the folder when you have seen enough."
