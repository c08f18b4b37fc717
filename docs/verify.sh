#!/bin/sh
# verify.sh BUNDLE --key FILE.pub
# verify.sh BUNDLE --trust FILE
#
# Verifies a bundle as docs/format.md says, without any program of ours: a second reader, for an
# auditor, in POSIX sh with minisign, zstd, b2sum, mktemp, od, tail, head, cmp, grep, sed, awk, tr.
# The chapters below are the steps of "Verification" on that page.
#
# Exit status, as `sqlland verify` has it: 0 the bundle may be trusted, 3 it may not; besides those,
# 2 for a mistake in the call, 5 for a file that cannot be read. Not looked at, and sqlland does: who
# owns the trust file and who may write to it.
set -eu
export LC_ALL=C # bytes, not characters

refuse() { echo "refused: $*" >&2; exit 3; }
[ $# -eq 3 ] || { sed -n '2,3s/^# /usage: /p' "$0" >&2; exit 2; }
for program in minisign zstd b2sum; do
    command -v $program > /dev/null || { echo "$program is needed" >&2; exit 5; }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 5' HUP INT TERM

# Bytes. part FILE OFFSET SIZE prints them; hex and number show them, a number from little endian.
part() { tail -c +$(($2 + 1)) "$1" | head -c "$3"; }
hex() { od -An -v -tx1 -j "$2" -N "$3" "$1" | tr -d ' \n'; }
number() {
    sum=0 shift=0
    for byte in $(od -An -v -tu1 -j "$2" -N "$3" "$1"); do
        sum=$((sum + (byte << shift))) shift=$((shift + 8))
    done
    echo $sum
}
digest() { b2sum -l 256 | head -c 64; }

# is_text KIND: is what comes in UTF-8? A script: without NUL. An index or trust file: printable, LF,
# and in a trust file HT. (RFC 3629, 4; the table of what is printable is that of the page.)
is_text() {
    od -An -v -tu1 | awk -v kind="$1" '
        function bad(from, to) { if (code >= from && code <= to) { failed = 1; exit } }
        { for (i = 1; i <= NF; i++) {
            byte = $i
            if (more == 0) {
                code = byte; bad(128, 193); bad(245, 255)
                more = (byte >= 192) + (byte >= 224) + (byte >= 240)
                least = more == 3 ? 65536 : more == 2 ? 2048 : 0
                code -= more == 3 ? 240 : more == 2 ? 224 : more == 1 ? 192 : 0
            } else {
                if (byte < 128 || byte > 191) { failed = 1; exit }
                code = 64 * code + byte - 128; more--
            }
            if (more) continue
            bad(0, 0); bad(55296, 57343); bad(1114112, 2097151)
            if (code < least) { failed = 1; exit }
            if (kind == "script" || code == 10 || kind == "trust" && code == 9) continue
            bad(1, 31); bad(127, 159); bad(173, 173); bad(1564, 1564); bad(6158, 6158)
            bad(8203, 8207); bad(8232, 8238); bad(8288, 8303); bad(65279, 65279)
            bad(65529, 65531); bad(65534, 65535); bad(917504, 921599)
        } }
        END { exit failed || more }'
}

# For awk: the bytes of canonical base64, RFC 4648, in hexadecimal; nothing unless that many.
base64='
    function decode(text, size,   i, digit, room, bits, bytes, pads) {
        pads = (3 - size % 3) % 3
        if (length(text) != (size + pads) / 3 * 4) return ""
        if (substr(text, length(text) - pads + 1) != substr("==", 1, pads)) return ""
        for (i = 1; i <= length(text) - pads; i++) {
            digit = index(letters, substr(text, i, 1)) - 1
            if (digit < 0) return ""
            room = room * 64 + digit; bits += 6
            if (bits < 8) continue
            bits -= 8; bytes = bytes sprintf("%02x", int(room / 2 ^ bits)); room %= 2 ^ bits
        }
        return room ? "" : bytes # pad bits are 0
    }
    BEGIN { letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/" }'

# Trust: a line for each key, "number key trusted|revoked|LAST-GOOD project..." of those that may sign
# bundles, with "other" for those that may not. -----------------------------------------------------
cat -- "$3" > "$work/trust" && cat -- "$1" > "$work/bundle" || exit 5
cd "$work"
case $2 in
--key)
    head -n 1 trust | awk '{ exit length() > 1023 }' || refuse 'the first line of the key is too long'
    [ -z "$(tail -n +3 trust | tr -d ' \t\r\n')" ] || refuse 'the key file goes on behind its key'
    { printf 'sqlferry trust 1\nthreshold 1\nkey '; sed -n 2p trust | tr -d '\r' | sed -n 's/^[^ \t]*$/& key/p'; } > rewritten
    mv rewritten trust ;;
--trust) ;;
*) echo 'give --key or --trust' >&2; exit 2 ;;
esac
[ "$(wc -c < trust)" -le 65536 ] && is_text trust < trust || refuse 'the trust file has strange bytes'
awk "$base64"'
    function bad(why) { print "line " NR " of the trust file: " why > "/dev/stderr"; exit failed = 3 }
    function check_name(text) { if (text !~ /^[A-Za-z0-9._-]+$/ || length(text) > 64) bad("no name") }
    function check_number(text, most) {
        if (text !~ /^[1-9][0-9]*$/ || length(text) > 16 || text + 0 > most) bad("no number")
    }
    # The record has two bytes Ed, eight of the number, and the key. A key may stand in one line of
    # each kind, and then is revoked.
    function add_key(kind,   record, at, own) {
        record = decode($2, 42)
        if (substr(record, 1, 4) != "4564") bad("no public key")
        at = substr(record, 5, 16); own = substr(record, 21)
        if ((kind, record) in line) bad("a key twice")
        if (at in of_number && of_number[at] != own || own in of_key && of_key[own] != at)
            bad("two keys of one number, or two numbers of one key")
        if (!(at in of_number)) numbers[++count] = at
        line[kind, record] = 1; of_number[at] = own; of_key[own] = at; spelt[at] = $2
        if (count > 64) bad("too many keys")
        if (kind == "revoked") revoked[at] = 1
        return at
    }
    NR == 1 { if ($0 != "sqlferry trust 1") bad("not the first line of a trust file"); next }
    NF == 0 || /^[ \t]*#/ { next }
    $1 ~ /^(version|threshold|trust-threshold)$/ && NF == 2 && !($1 in said) && !count {
        check_number($2, $1 == "version" ? 999999999 : 64)
        said[$1] = $2; next
    }
    $1 == "key" && NF >= 3 {
        check_name($3); at = add_key("key"); roles = ""
        for (i = 4; i <= NF; i++) {
            if (sub(/^project=/, "", $i)) { check_name($i); projects[at] = projects[at] " " $i }
            else if ($i ~ /^role=(apply|trust)$/ && index(roles, $i) == 0) roles = roles $i
            else bad("unexpected word")
        }
        applies[at] = roles != "role=trust"
        signs_trust[at] = roles == "" ? !(at in projects) : index(roles, "trust") > 0
        if (signs_trust[at] && at in projects) bad("a role for trust files, and projects")
        next
    }
    $1 == "revoked" && NF >= 2 && NF <= 4 {
        at = add_key("revoked"); good = NF
        if ($NF ~ /^last-good=/ && NF > 2) {
            sub(/^last-good=/, "", $NF); check_number($NF, 9007199254740991); last_good[at] = $NF
            good--
        }
        if (good == 3) check_name($3)
        if (good > 3) bad("unexpected word")
        next
    }
    { bad("not a line of a trust file") }
    END {
        if (failed) exit
        for (i = 1; i <= count; i++) {
            at = numbers[i]
            if (at in last_good && !(at in applies)) bad("a last good sequence without a key line")
            usable += applies[at] && !(at in revoked); rotating += signs_trust[at] && !(at in revoked)
        }
        if (!said["threshold"] || said["threshold"] + 0 > usable) bad("no threshold, or too high a one")
        if (said["trust-threshold"] + 0 > rotating) bad("too high a trust-threshold")
        print said["threshold"] > "threshold"
        for (i = 1; i <= count; i++) {
            at = numbers[i]
            print at, spelt[at], at in last_good ? last_good[at] : at in revoked ? "revoked" : \
                "trusted", (applies[at] ? "apply" : "other") projects[at]
        }
    }' trust > keys || exit 3
threshold=$(cat threshold)

# Steps 1 and 2: frames in front, and the digest of the index --------------------------------------
size=$(($(wc -c < bundle)))
# frame MAGIC LIMIT FILE: cuts out the frame at $at, if it is of this kind, and moves on.
frame() {
    [ $((at + 8)) -le $size ] && [ "$(hex bundle $at 4)" = "$1" ] || return 1
    content=$(number bundle $((at + 4)) 4)
    [ "$content" -le "$2" ] || refuse "the frame at $at is too large"
    [ $((at + 8 + content)) -le $size ] || refuse 'the file is cut off'
    part bundle $((at + 8)) "$content" > "$3"
    at=$((at + 8 + content))
}
at=0 count=0
frame 5a2a4d18 268435456 index || refuse 'this is not a sqlferry bundle'
name=$(digest < index)
while frame 5b2a4d18 1024 signature.$((count + 1)); do
    count=$((count + 1))
    [ $count -le 16 ] || refuse 'too many signatures'
done
[ $count -gt 0 ] || refuse 'the bundle is not signed'

# Steps 3 to 5: signatures. First the one spelling of each, all of them; only then keys. ------------
i=0
while [ $i -lt $count ]; do
    i=$((i + 1))
    { read -r _; read -r record; read -r _; read -r global; } < signature.$i || :
    printf 'untrusted comment: sqlferry bundle signature\n%s\ntrusted comment: sqlferry 1 index %s\n%s\n' \
        "$record" "$name" "$global" | cmp -s - signature.$i || refuse "signature $i is misspelt"
    bytes=$(printf '%s\n%s\n' "$record" "$global" | awk "$base64"'
        NR == 1 { print decode($0, 74) } NR == 2 && decode($0, 64) == "" { print "bad" }')
    case $bytes in
    *bad) refuse "signature $i has no global signature" ;;
    4544*) printf '%s\n' "$bytes" | sed 's/^4544\(.\{16\}\).*/\1/' >> numbers ;; # "ED"
    *) refuse "signature $i is not of the kind ED" ;;
    esac
done
[ "$(sort -u numbers | wc -l)" -eq $count ] || refuse 'one key has signed twice'
i=0
while read -r at_number; do
    i=$((i + 1))
    if ! grep "^$at_number " keys > key; then # of an unknown key: counts for nothing
        awk -v number="$at_number" '{ # unless it differs from a known one in a byte or two
                for (i = others = 0; i < 8; i++)
                    others += substr($1, 2 * i + 1, 2) "" != substr(number, 2 * i + 1, 2) ""
                alike = alike || others <= 2
            }
            END { exit alike }' keys || refuse "signature $i has a number that is almost a known one"
        continue
    fi
    read -r _ public state role projects < key
    minisign -VHqm index -x signature.$i -P "$public" > /dev/null 2>&1 ||
        refuse "signature $i does not verify with $public"
    [ "$state" = revoked ] || [ "$role" = other ] || echo "$state $projects" >> signers
done < numbers
touch signers
[ "$(wc -l < signers)" -ge "$threshold" ] || refuse "fewer than $threshold signers"

# Step 6: the index. It has one spelling, since nothing here is optional: no blank, no zero, no case.
# The file `list` takes what is left to do: "chunk up|side STORED PLAIN DIGEST", and "script up|side
# HEADING-AT HEADING-SIZE SIZE DIGEST" with the heading on the next line.
[ "$(tail -c 1 index | od -An -tx1 | tr -d ' ')" = 0a ] || refuse 'the index does not end in LF'
is_text index < index || refuse 'the index has strange bytes'
awk '
    function bad(why) { print "line " NR " of the index: " why > "/dev/stderr"; exit 3 }
    function line() { if ((getline) <= 0) bad("it ends too early"); return $0 }
    function take(word) { # the value of the next line, which must be this one
        if (index(line(), word " ") != 1) bad("not the line of " word)
        return substr($0, length(word) + 2)
    }
    function number(text, most) {
        if (text !~ /^(0|[1-9][0-9]*)$/ || length(text) > 16 || text + 0 > most) bad("no number")
        return text + 0
    }
    function like(text, pattern, most) { # up to so many bytes
        if (text !~ "^(" pattern ")$" || length(text) > most) bad("misspelt")
        return text
    }
    function words(text, most,   n) { # how many, in w; "-" for none
        n = text == "-" ? 0 : split(text, w, / /)
        if (text == "" || n > most) bad("too few or too many words")
        return n
    }
    function check_digest(text) { if (length(text) != 64 || text ~ /[^0-9a-f]/) bad("no digest") }
    function check_time(text,   n, year, month, days) {
        n = "[0-9][0-9]"
        like(text, n n "-" n "-" n "T" n ":" n ":" n "Z", 20)
        split(text, t, /[-T:Z]/); year = t[1] + 0; month = t[2] + 0
        days = month == 2 ? 28 + (year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)) \
            : 30 + (month + (month > 7)) % 2
        if (month < 1 || month > 12 || t[3] + 0 < 1 || t[3] + 0 > days || t[4] + 0 > 23 ||
            t[5] + 0 > 59 || t[6] + 0 > 59 || year < 1970 || text == "1970-01-01T00:00:00Z")
            bad("no such time")
    }
    # Adds a script to its stream, below its heading; false where there is none.
    function script(kind, stream, heading,   text, script_size, i, j, n, pieces, last) {
        text = take(kind)
        if (kind != "up" && text == "-" || kind == "down" && text == "none") return 0
        if (split(text, w, / /) != 4) bad("no script")
        check_digest(w[3]); check_digest(w[4]); script_size = number(w[2], 268435456)
        if (number(w[1], most) != end[stream] + length(heading) + 1) bad("scripts do not follow")
        printf "script %s %.0f %d %d %s\n%s\n", stream, end[stream], length(heading) + 1,
            script_size, w[3], heading
        end[stream] += length(heading) + 1 + script_size + 1
        like(take("path"), ".+", 4096)
        n = words(take("cuts"), 1048576); last = -1; pieces = n ? n : 1
        for (i = 1; i <= n; last = w[i++] + 0)
            if (number(w[i], script_size - 1) <= last) bad("cuts do not ascend")
        n = words(take("builds"), pieces); last = -1
        for (i = 1; i <= n; last = w[i++] + 0) { # "0:table:index" + 0 is 0
            like(w[i], "[0-9]+:([A-Za-z0-9_$]+[.])?[A-Za-z0-9_$]+:[A-Za-z0-9_$]+", 256)
            for (j = split(w[i], b, /[:.]/); j > 1; j--) if (length(b[j]) > 63) bad("a long name")
            if (number(b[1], pieces - 1) <= last) bad("builds do not ascend")
        }
        return 1
    }
    # What a revision makes of the schema stands in the side stream like a script.
    function schema(heading,   text) {
        text = take("schema")
        if ((text == "-") != (fingerprint == "-")) bad("a schema without a fingerprint, or the other way round")
        if (text == "-") return
        if (split(text, w, / /) != 4) bad("no schema")
        check_digest(w[1]); check_digest(w[4])
        if (number(w[2], most) != end["side"] + length(heading) + 1) bad("scripts do not follow")
        printf "script side %.0f %d %d %s\n%s\n", end["side"], length(heading) + 1,
            number(w[3], 268435456), w[4], heading
        end["side"] += length(heading) + 1 + w[3] + 1
    }
    BEGIN {
        most = 9007199254740991; end["up"] = end["side"] = 0
        part = "(0|[1-9][0-9]?[0-9]?[0-9]?[0-9]?[0-9]?)"
        like(take("sqlferry"), "index 1", 7)
        print "project", like(take("project"), "[a-z0-9][a-z0-9._-]*", 64)
        like(take("dialect"), "postgresql|sqlite", 10)
        like(take("release"), "[!-~]+", 64)
        sequence = take("sequence"); number(sequence, most); print "sequence", sequence
        check_time(take("created"))
        expiry = take("not-after"); print "not-after", expiry; if (expiry != "-") check_time(expiry)
        like(take("server-version"), "-|" part "([.]" part ")*", 32)
        n = words(take("extensions"), 64)
        for (i = 1; i <= n; i++)
            if (required[like(w[i], "[A-Za-z0-9_][A-Za-z0-9_-]*", 63)]++) bad("an extension twice")
        like(take("alembic"), "-|keep", 4)
        n = words(take("targets"), 64)
        for (i = 1; i <= n; i++)
            if (like(w[i], "[A-Za-z0-9._-]+", 128) == "-" || target[w[i]]++) bad("no name, or twice")
        fingerprint = like(take("fingerprint"), "-|[1-9][0-9]* [1-9][0-9]*", 13)
        n = words(fingerprint, 2)
        for (i = 1; i <= n; i++) number(w[i], 999999)
        like(take("tool"), ".+", 1024)
        chunks = number(take("chunks"), 1048576)
        for (i = 1; i <= chunks; i++) {
            if (split(line(), w, / /) != 4) bad("no chunk")
            if (like(w[1], "up|side", 4) == "up" && stream == "side") bad("up behind side")
            if (!number(w[2], 8388608) || !number(w[3], 8388608)) bad("an empty chunk")
            check_digest(w[4]); stream = w[1]; plain[stream] += w[3]; print "chunk", $0
        }
        revisions = number(take("revisions"), 100000)
        if (!revisions) bad("no revisions")
        for (i = 1; i <= revisions; i++) {
            id = like(take("revision"), "[A-Za-z0-9._-]+", 128)
            if (id == "-" || id in child) bad("no id, or a second time")
            like(line(), "title( .+)?", 6 + 1024); title = length($0) > 5 ? ": " substr($0, 7) : ""
            n = words(take("parents"), 1024)
            for (j = 1; j <= n; child[w[j++]] = i)
                if (!(w[j] in child) || child[w[j]] == i) bad("a parent behind its child, or twice")
            child[id] = 0 # later the last of its children
            like(take("transaction"), "single|none", 6)
            foreign_keys = like(take("foreign-keys"), "on|off|off-up|off-down", 8)
            like(take("idempotent"), "true|false", 5)
            number(take("lock-timeout"), 86400000)
            number(take("statement-timeout"), 86400000)
            script("up", "up", "-- revision " id title)
            if (!script("down", "side", "-- down of revision " id title) &&
                foreign_keys ~ /^(off|off-down)$/) bad("foreign keys off for no script")
            script("verify", "side", "-- verify of revision " id title)
            schema("-- schema of revision " id title)
        }
        if ((getline) > 0) bad("it goes on behind its end")
        if (plain["up"] + 0 != end["up"] || plain["side"] + 0 != end["side"])
            bad("chunks and scripts do not add up")
    }' index > list || exit 3

# Steps 7 and 8: signers of this project and sequence, expiry --------------------------------------
project=$(sed -n 's/^project //p;q' list) sequence=$(sed -n '2s/^sequence //p' list)
expiry=$(sed -n '3s/^not-after //p' list)
awk -v project="$project" -v sequence="$sequence" -v threshold="$threshold" '
    { may = NF == 1; for (i = 2; i <= NF; i++) may = may || $i "" == project "" }
    { count += may && ($1 == "trusted" || sequence + 0 <= $1 + 0) }
    END { exit count < threshold + 0 }' signers ||
    refuse "fewer than $threshold signers for project $project"
now=$(date -u +%Y-%m-%dT%H:%M:%SZ)
[ "$expiry" = - ] || [ "$(printf '%s\n' "$now" "$expiry" | sort | head -n 1)" = "$now" ] ||
    refuse "the bundle expired at $expiry"

# Steps 9 and 10: chunks, one behind the other up to the end of the file; then scripts --------------
# is_one_frame FILE SIZE PLAIN: one zstd frame that declares its size, to the byte (RFC 8878, 3.1.1).
is_one_frame() {
    [ "$2" -gt 4 ] && [ "$(hex "$1" 0 4)" = 28b52ffd ] || return 1
    flags=$(number "$1" 4 1) base=0 next=6
    [ $((flags & 0x0b)) -eq 0 ] || return 1 # the reserved bit, a dictionary
    [ $((flags & 0x20)) -eq 0 ] || next=5   # no window descriptor
    case $((flags >> 6)) in
    0) [ $next -eq 5 ] || return 1; field=1 ;; # else the size is not known
    1) field=2 base=256 ;;
    2) field=4 ;;
    3) field=8 ;;
    esac
    [ "$2" -ge $((next + field)) ] && [ "$(number "$1" $next $field)" = $(($3 - base)) ] || return 1
    next=$((next + field)) header=0
    while [ $((header & 1)) -eq 0 ]; do # until the last block
        [ $((next + 3)) -le "$2" ] || return 1
        header=$(number "$1" $next 3)
        case $((header >> 1 & 3)) in
        0 | 2) next=$((next + 3 + (header >> 3))) ;;
        1) next=$((next + 4)) ;; # one byte, again and again
        3) return 1 ;;
        esac
    done
    [ $((next + (flags & 4))) -eq "$2" ] # the checksum has 4 bytes
}

expected=$(awk -v at=$at '$1 == "chunk" { at += $3 + ($2 == "side") * 8 } $1 == "script" { getline }
    END { printf "%.0f", at }' list)
[ "$expected" = $size ] || refuse "the file has $size bytes, its index says $expected"
: > up && : > side
chunks=0
while read -r kind stream a b c d; do
    case $kind in
    chunk) # STORED PLAIN DIGEST
        chunks=$((chunks + 1)) what="chunk $((chunks))"
        if [ "$stream" = side ]; then
            [ "$(hex bundle $at 4)" = 5c2a4d18 ] && [ "$(number bundle $((at + 4)) 4)" = "$a" ] ||
                refuse "$what is not framed as the index says"
            at=$((at + 8))
        fi
        part bundle $at "$a" > chunk
        at=$((at + a))
        [ "$(digest < chunk)" = "$c" ] || refuse "$what has another digest"
        is_one_frame chunk "$a" "$b" || refuse "$what is not one zstd frame of its size"
        { zstd -dcq --long=31 < chunk 2> /dev/null || touch failed; } | head -c $((b + 1)) > plain
        [ ! -e failed ] && [ $(($(wc -c < plain))) -eq "$b" ] || refuse "$what does not give $b bytes"
        cat plain >> "$stream" ;;
    script) # HEADING-AT HEADING-SIZE SIZE DIGEST, then the heading
        IFS= read -r heading
        what="the script below '$heading'"
        printf '%s\n' "$heading" > heading
        part "$stream" "$a" "$b" | cmp -s - heading || refuse "$what has another heading"
        part "$stream" $((a + b)) "$c" > script
        [ "$(hex "$stream" $((a + b + c)) 1)" = 0a ] || refuse "$what is not followed by LF"
        [ "$(digest < script)" = "$d" ] || refuse "$what has another digest"
        is_text script < script || refuse "$what is not UTF-8, or has a NUL" ;;
    esac
done < list
echo "verified: bundle $name, $(wc -l < signers | tr -d ' ') signer(s)"
