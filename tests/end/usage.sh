# What a new user types: nothing, a wrong word, half a command, --help.
. "$ROOT/tests/end/lib"

make_key team
make_project first
build one
cp one.ferry before.ferry

for program in sqlferry sqlland; do
    expect 2 $program
    has err 'error: no command given' "hint: '$program --help' lists the commands."
    is "$(cat out)" ''
    expect 0 $program --version
    has out "$program 0."
    for help in --help -h help; do
        expect 0 $program $help
        has out "usage: $program COMMAND" "  verify     verify signatures and every byte of a bundle"
        is "$(cat err)" ''
    done

    # Every command explains itself, with an example that begins as the user must.
    commands=$(sed -n 's/^  \([a-z]*\)  .*/\1/p' out)
    for command in $commands; do
        for help in --help -h; do
            expect 0 $program $command $help
            has out "usage: $program $command" '--help' "example: $program $command" "man $program"
            is "$(cat err)" ''
        done
        expect 2 $program $command --bogus
        has err "error: unknown option '--bogus'" 'hint: '
        expect 2 $program $command a b c
        [ $command = import ] || has err 'unexpected argument' # it takes any number of folders
        is "$(cat out)" ''
    done
    [ "$(echo "$commands" | wc -l)" -ge 5 ] || fail "too few commands: $commands"

    expect 2 $program verfy
    has err "error: unknown command 'verfy'" "hint: Did you mean 'verify'?"
    expect 2 $program frobnicate
    has err "error: unknown command 'frobnicate'" "hint: '$program --help' lists the commands."
    expect 2 $program ''
    has err "error: unknown command ''"
    expect 2 $program --bogus
    has err "'--bogus'"
    expect 2 $program verify
    has err "'verify' needs BUNDLE" "hint: For one: $program verify shop-2.4.0.ferry --key team.pub"
    expect 2 $program verify one.ferry --kee team.pub
    has err "unknown option '--kee'" "Did you mean '--key'?"
    expect 2 $program verify one.ferry --key
    has err "'--key' needs"
    expect 2 $program verify one.ferry --json=yes --key team.pub
    has err "'--json'"
    expect 2 $program verify one.ferry -x
    has err "unknown option '-x'"
    expect 2 $program verify one.ferry -q --key team.pub --key team.pub
    has err "'--key' is given twice"
    expect 0 $program verify --key=team.pub one.ferry
    expect 0 $program verify one.ferry -k team.pub -q
    expect 0 $program verify one.ferry -kteam.pub
done

# Control characters of the command line do not reach the terminal.
expect 2 sqlland "$(printf 'ver\033[31mify')"
lacks err "$(printf '\033')"

# sqlferry build.
rm one.ferry
expect 2 sqlferry build --key team.key
has err 'error: a release needs a name' 'hint: Say --release 2.4.0.'
for wrong in '--release=' '--release 1 --level 0' '--release 1 --level 23' \
    '--release 1 --level x' '--release 1 --threads 0' '--release 1 --sequence -1' \
    '--release 1 --sequence 99999999999999999999' '--release 1 --created yesterday' \
    '--release 1 --created 2026-13-01T00:00:00Z' '--release 1 --created 0' \
    '--release 1 --not-after 2001-01-01T00:00:00Z' '--release 1 --dialect mysql' \
    '--release 1 --dialect postgresql' '--release 1 --key team.key --key team.key'; do
    expect 2 sqlferry build $wrong -o one.ferry
    has err 'error: '
    is "$(cat out)" ''
    missing one.ferry
done
expect 2 sqlferry build "--release=a b" -o one.ferry
has err "'--release' takes up to"
expect 2 sqlferry build --release 1 "$ROOT/examples/shop/ferry.yaml" -o one.ferry
has err 'error: the manifest is for two dialects, a bundle for one' '--dialect postgresql or --dialect sqlite'
expect 2 env SOURCE_DATE_EPOCH=soon sqlferry build --release 1 -o one.ferry
has err "'SOURCE_DATE_EPOCH' is 'soon', which is no time"
mkdir folder
for command in check heads history 'build --release 1'; do
    for manifest in folder folder/ferry.yaml nowhere/ferry.yaml; do
        expect 5 sqlferry $command $manifest
        has err "error: cannot " "${manifest%%/*}" 'No such file or directory'
        is "$(cat out)" ''
    done
done
cd folder
expect 5 sqlferry check
has err "'ferry.yaml'" "'sqlferry init' begins a new manifest."
rm out err
cd ..

# Where the bundle goes: beside the manifest's user, named after the release.
expect 0 sqlferry build --release 2.4.0 --key team.key
has out 'demo-2.4.0.ferry: 1 revision'
[ -f demo-2.4.0.ferry ] || fail 'no demo-2.4.0.ferry'
rm demo-2.4.0.ferry
expect 0 sqlferry build --release 1/2 --key team.key
[ -f demo-1_2.ferry ] || fail 'no demo-1_2.ferry'
rm demo-1_2.ferry
expect 0 sqlferry build --release 1 "$ROOT/examples/shop/ferry.yaml" --dialect sqlite
[ -f shop-1-sqlite.ferry ] || fail 'no shop-1-sqlite.ferry'

# Built again it is replaced, whole or not at all.
cp before.ferry one.ferry
build one --release 2 2> err && fail '--release was given twice'
make_project first second
build one
! cmp -s one.ferry before.ferry || fail 'not replaced'
expect 0 sqlland verify one.ferry --key team.pub
has out '2 revisions'
cp one.ferry before.ferry
echo 'CREATE TABLE (;' > sql/second.sql
expect 1 sqlferry build --release 3 --key team.key -o one.ferry
same one.ferry before.ferry
is "$(find . -name '*.ferry*' | wc -l)" 3
expect 5 sqlferry build --release 3 --no-rehearsal --key team.key -o nowhere/one.ferry
has err nowhere
expect 5 sqlferry build --release 3 --no-rehearsal --key team.key -o folder
has err folder
is "$(ls folder)" ''

# quiet: results and errors only.
expect 0 sqlland upgrade before.ferry --key team.pub --db loud.db
has err 'applying 1 of 2'
expect 0 sqlland upgrade before.ferry --key team.pub --db quiet.db -q
is "$(cat err)" ''
has out '2 revisions applied'
