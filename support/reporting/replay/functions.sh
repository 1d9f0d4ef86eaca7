LC_ALL=C
export LC_ALL PLACES LISTED ID_PLACE
RUN=$(printf '%s\n' $MARKS | sed -n "$(($(od -An -N2 -tu2 /dev/urandom) % $(printf '%s\n' $MARKS | wc -l) + 1))p")
PASSWORD="Aa1!$RUN"
answer='' status='' wrong='' stopped='' MADE=''
trap 'stopped=130' HUP INT TERM
trap 'code=$?; clean_up; exit "$code"' EXIT

say() { printf '%s\n' "$@"; }
give_up() { say "# $*" 'Nothing can be said about the fault.'; exit 2; }

# A request that has begun ends even if the script is interrupted, so that no user is left behind.
OPTIONS='-sS -i --max-time 60 --globoff --path-as-is'
curl() { (trap '' HUP INT TERM; exec env curl $OPTIONS "$@"); }

# Takes in the answer of a request that has ended with code $1; $2 is `made` if it may have made a user, or `created`
# if it should have: then that user is remembered.
came() {
  case $1 in
    6 | 7) give_up 'The API cannot be reached.' ;;
    35 | 51 | 60 | 77) give_up 'No secure connection (TLS) comes about; if a CA of your own issued the certificate, set CURL_CA_BUNDLE.' ;;
  esac
  status=$(printf '%s\n' "$answer" | awk '/^HTTP\// { last = $2 } /^[ \t\r]*$/ && last !~ /^1/ { exit } END { print last }')
  printf '%s\n' "$answer" | tr '\001-\010\013\014\016-\037\177' '[?*]'  # what could control the terminal
  [ -z "${2-}" ] || case $status in 2*)
    made=$(id_in "$answer")
    remember "$made"
    [ "$made$2" != created ] || say '# The answer shows no id: if a user was created, look for them by hand.' >&2
  esac
  [ -z "$stopped" ] || exit "$stopped"
}
remember() { case " $MADE " in *" $1 "*) ;; *) MADE="$MADE $1" ;; esac; }
known() { [ -n "$1" ] || give_up 'No user was created.'; }

JSON='
function octets(n) {
  if (n < 128) return sprintf("%c", n)
  if (n < 2048) return sprintf("%c%c", 192 + int(n / 64), 128 + n % 64)
  if (n < 65536) return sprintf("%c%c%c", 224 + int(n / 4096), 128 + int(n / 64) % 64, 128 + n % 64)
  return sprintf("%c%c%c%c", 240 + int(n / 262144), 128 + int(n / 4096) % 64, 128 + int(n / 64) % 64, 128 + n % 64)
}
function number(hex,   place, n) {
  for (place = 1; place <= 4; place++) n = n * 16 + index("0123456789abcdef", tolower(substr(hex, place, 1))) - 1
  return n
}
function plain(word,   done, sign, n) {
  while (match(word, /\\u[0-9a-fA-F][0-9a-fA-F][0-9a-fA-F][0-9a-fA-F]|\\./)) {
    sign = substr(word, RSTART, RLENGTH)
    done = done substr(word, 1, RSTART - 1)
    word = substr(word, RSTART + RLENGTH)
    if (sign == "\\/") sign = "/"
    if (sign ~ /^\\u/) {
      n = number(substr(sign, 3))
      if (n >= 55296 && n < 56320 && word ~ /^\\u[dD][c-fC-F]/) {
        n = 65536 + (n - 55296) * 1024 + number(substr(word, 3)) - 56320
        word = substr(word, 7)
      }
      sign = n < 32 || n == 34 || n == 92 || (n > 55295 && n < 57344) ? tolower(sign) : octets(n)
    }
    done = done sign
  }
  return done word
}
function encoded(word,   place, sign, done) {
  if (!ord["a"]) for (place = 1; place < 256; place++) ord[sprintf("%c", place)] = place
  if (word ~ /^"/) word = substr(word, 2, length(word) - 2)
  for (place = 1; place <= length(word); place++) {
    sign = substr(word, place, 1)
    done = done (sign ~ /[A-Za-z0-9._~-]/ ? sign : sprintf("%%%02X", ord[sign]))
  }
  return done
}
'
# Prints each value in the JSON of answer $1: where it is, a tab, and the value.
values() {
  printf '%s\n' "$1" | awk "$JSON"'
    body { text = text $0 " " }
    /^[ \t\r]*$/ { body = 1 }
    END {
      while (match(text, /"([^"\\]|\\.)*"|[][{}:,]|[^][{}:," \t\r]+/)) {
        word = substr(text, RSTART, RLENGTH)
        text = substr(text, RSTART + RLENGTH)
        here = path[depth] (colon ? "/" name : (is_list[depth] ? "/" place[depth] : ""))
        is_value = (colon || is_list[depth] || !depth) && word !~ /^[]},:]$/
        if (is_value) print here "\t" plain(word)
        if (word ~ /^[[{]$/) { depth++; path[depth] = here; is_list[depth] = word == "["; place[depth] = 0 }
        else if (word == ",") place[depth]++
        else if (word ~ /^[]}]$/) depth--
        colon = word == ":"
        if (!colon) name = plain(word)
      }
    }'
}
value_at() { values "$answer" | PLACE=$1 awk -F '\t' '$1 == ENVIRON["PLACE"] { print $2; exit }'; }

# Prints the id in answer $1, percent-encoded; nothing if it could not stand in the URL of one user.
id_in() {
  id=$(values "$1" | awk -F '\t' 'index(ENVIRON["PLACES"], "\n" $1 "\n") && $2 !~ /^[[{]$/ { print $2; exit }')
  [ -n "$id" ] || [ -z "$BY_LOCATION" ] || id=$(
    printf '%s\n' "$1" | sed -n 's,^[Ll]ocation: .*/\([^/?#[:cntrl:]]*\)[[:cntrl:]]*$,"\1",p' | head -n 1)
  case $id in
    *\\*) id='' ;;
    \"*\") id=${id#\"}; id=${id%\"} ;;
    *[!0-9]*) id='' ;;
  esac
  case /$(printf '%s' "$id" | sed 's,%2[Ee],.,g; s,%2[Ff],/,g; s,%5[Cc],/,g' | tr -d '[:space:]')/ in
    *//* | */./* | */../*)
      say '# the answer has no id that can stand in a URL' >&2
      return ;;
  esac
  ID=$id awk "$JSON"'BEGIN { printf "%s", encoded(ENVIRON["ID"]) }'
}

# Says whose user $1 is by the answer $2 to a read: of this script (mine), nobody's (none), or another's.
whose() {
  read_status=${2#HTTP/* }
  for one in $UNKNOWN; do [ "${read_status%%[!0-9]*}" != "$one" ] || { say none; return; }; done
  case $(printf '%s' "$2" | tr '[:upper:]' '[:lower:]') in
    *"uat-$RUN"*) [ "$(id_in "$2")" != "$1" ] || { say mine; return; } ;;
  esac
  printf '# user %s is not touched: no read shows that this script made it\n' "$1" >&2
  say other
}
may_change() { [ "$(whose "$1" "$2")" != other ] || give_up "User $1 is not changed."; }

# Deletes the users that this script made; an API may show a new user late.
clean_up() {
  trap '' HUP INT TERM
  for try in 1 2; do
    late=''
    for user in $MADE; do
      case $(whose "$user" "$(read_user "$user")") in
        mine) delete_user "$user" >/dev/null || say "# user $user may be left" >&2 ;;
        none) late="$late $user" ;;
      esac
    done
    MADE=$late
    [ -n "$MADE" ] && [ "$try" = 1 ] || break
    sleep 1
  done
}

# What the answer should show; each of these notes what is wrong.
isnt() { wrong="$wrong${wrong:+; }$*"; }
wants_status() { case " $* " in *" $status "*) ;; *) isnt "the status is ${status:-none}, not $(printf %s "$*" | sed 's/ / or /g')" ;; esac; }
wants_value() {
  found=$(value_at "$1") expected=$2
  case ${3-} in
    any-case) found=$(printf %s "$found" | tr '[:upper:]' '[:lower:]') expected=$(printf %s "$2" | tr '[:upper:]' '[:lower:]') ;;
    time) found=$(moment "$found") expected=$(moment "$2") ;;
  esac
  [ "$found" = "$expected" ] || isnt "$1 is ${found:-missing}, not $expected"
}
moment() { printf %s "$1" | sed 's/[+-]00:00"$/Z"/; s/\(\.[0-9]*[1-9]\)0*Z/\1Z/; s/\.0*Z/Z/'; }
wants_not() {  # an id that was sent as text may be kept as a number
  [ "$(value_at "$1" | tr -d '"')" != "$(printf %s "$2" | tr -d '"')" ] || isnt "$1 is $2, as it was sent"
}
wants_form() {
  found=$(value_at "$1")
  printf '%s\n' "$found" | grep -Eq "$2" || isnt "$1 is ${found:-missing}, not of the form $2"
}
wants_each() {
  found=$(values "$answer" | PLACE=$1 awk -F '\t' '{
    rest = substr($1, length(ENVIRON["LISTED"]) + 2)
    if (index($1, ENVIRON["LISTED"] "/") != 1) next
    if (rest ~ /^[0-9]+$/) users++
    if (sub(/^[0-9]+/, "", rest) && rest == ENVIRON["PLACE"]) { print $2; shown++ }
  } END { for (; shown < users; shown++) print "missing" }' | grep -Ev "$2" | head -n 1)
  [ -z "$found" ] || isnt "$1 is $found in the list, not of the form $2"
}
wants_list() { [ "$(value_at "$LISTED")" = '[' ] || isnt 'the answer is no list'; }
ids() {
  values "$answer" | awk -F '\t' "$JSON"'{
    rest = substr($1, length(ENVIRON["LISTED"]) + 2)
    if (index($1, ENVIRON["LISTED"] "/") == 1 && sub(/^[0-9]+/, "", rest) && rest == ENVIRON["ID_PLACE"]) print encoded($2)
  }'
}
wants_shown() {
  found=$(ids | grep -cxF -e "$1")
  [ "$found" = "$2" ] || isnt "the list shows user $1: $found x, not $2 x"
}
wants_only() {
  found=$(ids | sort | tr '\n' ' ') expected=$([ $# = 0 ] || printf '%s\n' "$@" | sort | tr '\n' ' ')
  [ "$found" = "$expected" ] || isnt "the list shows these ids: ${found:-none }(expected: ${expected:-none })"
}
wants_count() {
  found=$(values "$answer" | awk -F '\t' '{
    rest = substr($1, length(ENVIRON["LISTED"]) + 2)
    count += index($1, ENVIRON["LISTED"] "/") == 1 && rest ~ /^[0-9]+$/
  } END { print count + 0 }')
  { [ "$found" -ge "$1" ] && [ "$found" -le "$2" ]; } || isnt "the list shows $found users, not $1 to $2"
}
place_of() { ids | grep -nxF -e "$1" | head -n 1 | sed 's/:.*//' | awk '{ print $1 - 1 }'; }
header() { printf '%s\n' "$answer" | NAME=$1 awk -F ': *' '/^[ \t\r]*$/ { exit } tolower($1) == tolower(ENVIRON["NAME"]) { sub(/^[^:]*: */, ""); sub(/\r$/, ""); print }'; }
wants_header() {
  found=$(header "$1")
  { [ -n "$found" ] && [ "$found" != "${2-}" ]; } || isnt "the header $1 is ${found:-missing}"
}
body() { printf '%s\n' "$answer" | awk 'body { print } /^[ \t\r]*$/ { body = 1 }'; }
wants_no_body() { [ -z "$(body | tr -d '[:space:]')" ] || isnt 'there is a body'; }
wants_without() { ! body | grep -qF -e "$1" || isnt "the body shows $1"; }
wants_no_secret() {
  found=$(values "$answer" | cut -f 1 | tr -d _ | grep -Eio '/"(password|passwordhash|secret|token)"$' | head -n 1)
  [ -z "$found" ] || isnt "there is a field $found"
  for secret in "$PASSWORD" "$@"; do
    ! values "$answer" | cut -f 2- | grep -Fq -e "$secret" || isnt 'a password or secret that was sent is shown'
  done
}
wants_problem() {
  values "$answer" | awk -F '\t' '$2 !~ /^([[{]|null|"")$/ { says = 1 } END { exit !says }' || isnt 'the body says nothing'
  [ "$(value_at '')" = '{' ] || isnt 'the body is no JSON object'
  case $(value_at '/"status"') in '' | "$status") ;; *) isnt 'the status in the body is another one' ;; esac
}

# Plays the step that went wrong until it is right or $1 seconds are over, and says whether it is.
play_wrong_step() {
  ends=$(($(date +%s) + $1))
  while :; do
    wrong=''
    here
    [ -n "$wrong" ] && [ "$(date +%s)" -lt "$ends" ] || break
    sleep 1
  done
  case $status in
    429 | 502 | 503 | 504) [ "$status" = "$WAS" ] || give_up 'The API is busy or down.' ;;
    401) [ "$WAS" = 401 ] || [ -z "$wrong" ] || give_up 'The API refuses the token: set TOKEN to one that it accepts.' ;;
  esac
  say '' "# expected: $EXPECTED" "# got:      ${wrong:-what was expected}"
  [ -n "$wrong" ] || { say 'The fault is not there any more.'; exit 0; }
  say 'The fault is still there.'
  exit 1
}
# Plays step $1 until its status is $2, for a deletion that shows late.
until_status() {
  for try in 1 2 3 4 5 6 7 8 9 10; do
    "$1"
    [ "$status" != "$2" ] || return 0
    sleep 0.5 2>/dev/null || sleep 1
  done
}
