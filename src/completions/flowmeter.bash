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
}

# tshark's fields that begin so. There are 200,000.
_flowmeter_fields() {
  tshark -G fields 2>/dev/null </dev/null | awk -F '\t' -v word="$1" '$1 == "F" && index($3, word) == 1 { print $3 }'
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
  local -a names
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

  case $before in
    --schema) words='flowmeter cicflowmeter nfstream pyflowmeter' ;;
    --format) words='csv tsv jsonl' ;;
    --decoder) words='auto ek json columns' ;;
    --direction) words='first handshake' ;;
    --tunnel) words='all inner outer' ;;
    --clock) words='raw monotone' ;;
    --splt-packets) words='all payload' ;;
    --splt-layout) words='wide list' ;;
    --size) words='frame ip payload' ;;
    --label-time) words='overlap start' ;;
    --label-tz) words=$(_flowmeter_zones) ;;
    --end-on) words=close ;;
    -i | --interface) words=$(_flowmeter_interfaces "$1") ;;
    --transport)
      _flowmeter_list "$current" tcp udp sctp dccp icmp
      compopt -o nospace
      return
      ;;
    --columns)
      mapfile -t names < <(_flowmeter_columns "$1")
      _flowmeter_list "$current" "${names[@]}"
      compopt -o nospace
      return
      ;;
    --field)
      mapfile -t COMPREPLY < <(_flowmeter_fields "$current")
      compopt -o nospace
      return
      ;;
    --tshark)
      mapfile -t COMPREPLY < <(compgen -c -- "$current")
      return
      ;;
    --watch)
      mapfile -t COMPREPLY < <(compgen -d -- "$current")
      return
      ;;
    -o | --output | --anonymize | --meta | --labels | --follow | --after)
      return # files
      ;;
    -t | --timeout | --active-timeout | --max-flows | --na | --splt | --cid-seed | --time-digits | --list-max | --label-default | --delimiter | -j | --jobs | --life-frames | -Y | --display-filter | -d | --decode-as | --pref | --read-format | -f | --capture-filter | -c | --frames | --duration | -s | --snaplen | -B | --buffer-size | --rotate-every | --rotate-rows | --segment)
      compopt +o default +o bashdefault
      return
      ;;
  esac

  if [[ -z $words && $current == -* ]]; then
    if ((COMP_CWORD > 1)) && [[ ${COMP_WORDS[1]} == merge ]]; then
      words='
        -o --output --partial --schema --columns --format --delimiter --no-header --safe-cells --drop-ids --na --cid-seed
        --time-digits --anonymize --labels --label-time --label-tz --label-default -q --quiet -v --verbose -h --help --'
    else
      words='
        -r --recursive --continuous --meta -o --output -t --timeout --schema --columns --list-columns --format --delimiter --no-header --safe-cells --tshark
        --rotate-every --rotate-rows --transport --active-timeout --end-on --max-flows --direction --tunnel --clock --size --drop-ids --na
        --splt --splt-packets --splt-layout --cid-seed --time-digits --anonymize
        --field --list-max --labels --label-time --label-tz --label-default
        -i --interface -f --capture-filter -c --frames --duration -s --snaplen -B --buffer-size -p --no-promiscuous --follow --watch
        -D --list-interfaces -Y --display-filter -d --decode-as --pref --read-format --transport-only --decoder -j --jobs --life-frames --keep-going --partial --segment --after --print-command --progress --no-progress -q --quiet -v --verbose
        --version -h --help --'
    fi
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
