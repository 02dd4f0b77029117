# bash completion for flowmeter
# shellcheck shell=bash

_flowmeter_columns() {
  local program=${1/#\~/$HOME}
  "$program" --list-columns --no-header 2>/dev/null </dev/null | while read -r name group _; do
    printf '%s\n' "$name" "$group"
  done | sort -u
}

# _flowmeter_list WORD NAME…: completes the last name of a list with commas; each name may have a sign.
_flowmeter_list() {
  local before='' last=$1 sign='' name
  shift
  if [[ $last == *,* ]]; then
    before=${last%,*},
    last=${last##*,}
  fi
  if [[ $last == [+-]* ]]; then
    sign=${last:0:1}
    last=${last:1}
  fi
  for name in "$@"; do
    if [[ $name == "$last"* && ",$before" != *[,+-]"$name",* ]]; then COMPREPLY+=("$before$sign$name"); fi
  done
  compopt -o nospace
}

# _flowmeter_columns_in_list PROGRAM WORD: completes the last name of a list of columns.
_flowmeter_columns_in_list() {
  local -a names
  mapfile -t names < <(_flowmeter_columns "$1")
  _flowmeter_list "$2" "${names[@]}"
}

# Offers tshark's fields that begin so. There are 200,000.
_flowmeter_fields() {
  mapfile -t COMPREPLY < <(tshark -G fields 2>/dev/null </dev/null |
    awk -F '\t' -v word="$1" '$1 == "F" && index($3, word) == 1 { print $3 }')
  compopt -o nospace
}

_flowmeter_interfaces() {
  local program=${1/#\~/$HOME}
  "$program" --list-interfaces 2>/dev/null </dev/null | awk '{ print $2 }'
}

# The system's time zones.
_flowmeter_zones() {
  printf 'UTC\n'
  awk '!/^#/ { print $3 }' /usr/share/zoneinfo/zone.tab 2>/dev/null
}

_flowmeter() {
  local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} word words=
  COMPREPLY=()

  # After `--` stand tshark's arguments.
  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    if [[ $word == -- ]]; then return; fi
  done

  # bash makes three words of --option=value.
  if [[ $current == = ]]; then
    current=
  elif [[ $before == = ]]; then
    before=${COMP_WORDS[COMP_CWORD - 2]}
  fi

  # Begin of the table, which scripts/update-completions writes
  case $before in
    -Y | --display-filter | -d | --decode-as | --pref | --read-format | -j | --jobs | --life-frames | -c | --frames | -f | --capture-filter | --duration | -s | --snaplen | -B | --buffer-size | -t | --timeout | --active-timeout | --max-flows | --splt | --list-max | --cid-seed | --time-digits | --na | --label-default | --rotate-every | --rotate-rows | --delimiter | --segment) compopt +o default +o bashdefault && return ;;
    --tshark) mapfile -t COMPREPLY < <(compgen -c -- "$current") && return ;;
    --decoder) words='auto ek json columns' ;;
    -i | --interface) words=$(_flowmeter_interfaces "$1") ;;
    --follow | --anonymize | --labels | -o | --output | --meta | --after) return ;;
    --watch) mapfile -t COMPREPLY < <(compgen -d -- "$current") && return ;;
    --transport) _flowmeter_list "$current" tcp udp sctp dccp icmp && return ;;
    --end-on) words='close' ;;
    --direction) words='first handshake' ;;
    --tunnel) words='all inner outer' ;;
    --clock) words='raw monotone' ;;
    --schema) words='flowmeter cicflowmeter nfstream pyflowmeter' ;;
    --columns) _flowmeter_columns_in_list "$1" "$current" && return ;;
    --size) words='frame ip payload' ;;
    --splt-packets) words='all payload' ;;
    --splt-layout) words='wide list' ;;
    --field) _flowmeter_fields "$current" && return ;;
    --label-time) words='overlap start' ;;
    --label-tz) words=$(_flowmeter_zones) ;;
    --format) words='csv tsv jsonl' ;;
  esac
  local of_flowmeter='-h --help --progress --no-progress -q --quiet -v --verbose --version -r --recursive --continuous -Y --display-filter -d --decode-as --pref --read-format --tshark --transport-only --decoder -j --jobs --life-frames --keep-going --print-command -c --frames -i --interface -f --capture-filter --duration -s --snaplen -B --buffer-size -p --no-promiscuous --follow --watch -D --list-interfaces --transport -t --timeout --active-timeout --end-on --max-flows --direction --tunnel --clock --schema --columns --size --splt --splt-packets --splt-layout --field --list-max --cid-seed --time-digits --anonymize --drop-ids --na --labels --label-time --label-tz --label-default --list-columns -o --output --rotate-every --rotate-rows --format --delimiter --safe-cells --no-header --meta --partial --segment --after --'
  local of_merge='-h --help -q --quiet -v --verbose --schema --columns --cid-seed --time-digits --anonymize --drop-ids --na --labels --label-time --label-tz --label-default -o --output --partial --format --delimiter --safe-cells --no-header --'
  # End of the table

  if [[ -z $words && $current == -* ]]; then
    words=$of_flowmeter
    if ((COMP_CWORD > 1)) && [[ ${COMP_WORDS[1]} == merge ]]; then words=$of_merge; fi
  elif [[ -z $words && $COMP_CWORD == 1 && merge == "$current"* ]]; then
    # The word of its own that the first argument can be, among the files.
    mapfile -t COMPREPLY < <(compgen -f -- "$current")
    COMPREPLY+=(merge)
    compopt -o filenames
    return
  fi
  if [[ -n $words ]]; then mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current"); fi
}

# With no words of its own, readline offers files.
complete -o bashdefault -o default -F _flowmeter flowmeter
