# Equal inputs give equal bytes, wherever, whenever and however they are built.
. "$ROOT/tests/end/lib"

make_key team
time=2026-02-03T04:05:06Z
make_shop first --created $time
expect 0 sqlland verify first.ferry --key team.pub
has out "created    $time" 'sequence 1770091506'

make_shop again --created $time
same first.ferry again.ferry
make_shop seconds --created 1770091506
same first.ferry seconds.ferry
SOURCE_DATE_EPOCH=1770091506 make_shop epoch
unset SOURCE_DATE_EPOCH
same first.ferry epoch.ferry
make_shop threads --created $time --threads 1
same first.ferry threads.ferry
make_shop threads --created $time --threads 4
same first.ferry threads.ferry
for locale in C tr_TR.UTF-8 de_DE.ISO-8859-1; do
    LC_ALL=$locale make_shop locale --created $time
    same first.ferry locale.ferry
done
LC_ALL=C.UTF-8
for zone in Asia/Kolkata America/St_Johns; do
    TZ=$zone make_shop zone --created $time
    same first.ferry zone.ferry
done

# In another folder, under another name, with other times and modes of the files.
mkdir -p far/away
cp -R "$ROOT/examples/shop" far/away/
find far -exec touch -d 2001-02-03 {} +
find far -type f -exec chmod 600 {} +
build folder --created $time --dialect sqlite far/away/shop/ferry.yaml
same first.ferry folder.ferry
(cd far/away/shop && sqlferry build --release 1 --key ../../../team.key --dialect sqlite \
    --created $time -o ../../../here.ferry > /dev/null)
same first.ferry here.ferry
(umask 077 && make_shop mask --created $time)
same first.ferry mask.ferry

# Many chunks, compressed at once.
names=$(seq -f 't%g' 1 60)
mkdir sql
for name in $names; do
    { seq -f "-- $name %g" 1 6000; echo "CREATE TABLE $name (id INTEGER PRIMARY KEY);"; } > sql/$name.sql
done
make_project $names
for threads in 1 2 7; do
    build large$threads --created $time --threads $threads --level 9
done
expect 0 sqlferry inspect large1.ferry --key team.pub
[ "$(awk '$1 == "chunks" {print $2}' out | tr -d ,)" -gt 3 ] || fail 'one chunk tests nothing'
same large1.ferry large2.ferry
same large1.ferry large7.ferry

# Another time, release, sequence or expiry shows.
for change in "--created 2026-02-03T04:05:07Z --release 1" "--created $time --release 2" \
    "--created $time --release 1 --sequence 7" \
    "--created $time --release 1 --not-after 2099-01-01T00:00:00Z"; do
    sqlferry build $change --key team.key --dialect sqlite -o other.ferry \
        "$ROOT/examples/shop/ferry.yaml" > /dev/null
    ! cmp -s first.ferry other.ferry || fail "$change changed nothing"
done
