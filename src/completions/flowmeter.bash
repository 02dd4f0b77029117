# bash completion for flowmeter
# shellcheck shell=bash

_flowmeter_columns() {
  local program=${1/#\~/$HOME}
  "$program" --list-columns 2>/dev/null </dev/null | while read -r name group _; do
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

_flowmeter() {
  local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} word
  local -a names
  COMPREPLY=()

  # Behind `--` stand tshark's arguments.
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
    --schema)
      mapfile -t COMPREPLY < <(compgen -W 'flowmeter cicflowmeter nfstream pyflowmeter' -- "$current")
      return
      ;;
    --format)
      mapfile -t COMPREPLY < <(compgen -W 'csv tsv jsonl' -- "$current")
      return
      ;;
    --decoder)
      mapfile -t COMPREPLY < <(compgen -W 'auto ek json columns' -- "$current")
      return
      ;;
    --direction)
      mapfile -t COMPREPLY < <(compgen -W 'first handshake' -- "$current")
      return
      ;;
    --tunnel)
      mapfile -t COMPREPLY < <(compgen -W 'all inner outer' -- "$current")
      return
      ;;
    --clock)
      mapfile -t COMPREPLY < <(compgen -W 'raw monotone' -- "$current")
      return
      ;;
    --splt-packets)
      mapfile -t COMPREPLY < <(compgen -W 'all payload' -- "$current")
      return
      ;;
    --splt-layout)
      mapfile -t COMPREPLY < <(compgen -W 'wide list' -- "$current")
      return
      ;;
    --size)
      mapfile -t COMPREPLY < <(compgen -W 'frame ip payload' -- "$current")
      return
      ;;
    --columns)
      mapfile -t names < <(_flowmeter_columns "$1")
      _flowmeter_list "$current" "${names[@]}"
      compopt -o nospace
      return
      ;;
    --tshark)
      mapfile -t COMPREPLY < <(compgen -c -- "$current")
      return
      ;;
    --label-time)
      mapfile -t COMPREPLY < <(compgen -W 'overlap start' -- "$current")
      return
      ;;
    -o | --output | --anonymize | --meta | --labels)
      return # files
      ;;
    -t | --timeout | --active-timeout | --na | --splt | --cid-seed | --time-digits | --field | --list-max | --label-default | --delimiter | -j | --jobs | --life-frames | -Y | --display-filter | -d | --decode-as | --pref)
      compopt +o default +o bashdefault
      return
      ;;
  esac

  if [[ $current == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W '
      -r --recursive --continuous --meta -o --output -t --timeout --schema --columns --list-columns --format --delimiter --no-header --safe-cells --tshark
      --transport --active-timeout --direction --tunnel --clock --size --drop-ids --na
      --splt --splt-packets --splt-layout --cid-seed --time-digits --anonymize
      --field --list-max --labels --label-time --label-default
      -Y --display-filter -d --decode-as --pref --transport-only --decoder -j --jobs --life-frames --keep-going --print-command --progress --no-progress -q --quiet -v --verbose
      --version -h --help --' -- "$current")
  fi
}

# With no words of its own, readline offers files.
complete -o bashdefault -o default -F _flowmeter flowmeter
