# Shared by slurm and parallel, which are beside it: the arguments, and the plan of the work in a directory. To be
# sourced by bash with `set -euo pipefail`.
#
# The directory of the work (--work) holds
#
#   plan          all that decides the result, to be read and compared
#   captures      the captures, one a line, in the order of their first frames
#   options       the options of flowmeter that parts are made with, each ended by NUL
#   row-options   those that rows are written with
#   settings      group=, program=
#   tree          how many tasks each level has: the parts, the merges level by level, the rows (1)
#   output        where the rows go
#   0/            parts: 0/000001.part.zst is of the first group of captures
#   1/, 2/, …     merges of merges: 1/000001.part.zst is of the first --fan-in parts
#   tmp/          what is being written
#   logs/         what the tasks say, the engine's logs
#   done          the rows have been written, and where
# shellcheck shell=bash disable=SC2034

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$here/../lib.sh"

# What the engine reads beside them: --NAME VALUE goes to engine[NAME], for each NAME that is a key there.
declare -A engine=()
inputs=()
options=()
part_options=()
row_options=()
named_files=()
rows=
output=
work=
group=1
fan_in=16
retries=2

# The comment at the head of the script is its manual.
usage() { sed -n '2,/^[^#]/ { s/^# \{0,1\}//p }' "$0"; }

number() {
  if [[ ! $2 =~ ^[1-9][0-9]{0,8}$ ]]; then die "$1 takes a number from 1, not '$2'"; fi
  printf '%s' "$2"
}

read_arguments() {
  local name value
  while (($# > 0)); do
    case $1 in
      -h | --help)
        usage
        exit 0
        ;;
      --)
        options=("${@:2}")
        break
        ;;
      --*=*)
        name=${1%%=*}
        value=${1#*=}
        shift
        set -- "$name" "$value" "$@"
        continue
        ;;
      -?*)
        if (($# < 2)); then die "$1 needs a value (see --help)"; fi
        case $1 in
          -o | --output) output=$2 ;;
          --work) work=$2 ;;
          --group) group=$(number "$1" "$2") ;;
          --rows) rows+=" $2" ;;
          --fan-in) fan_in=$(number "$1" "$2") ;;
          --retries)
            if [[ ! $2 =~ ^[0-9]{1,4}$ ]]; then die "--retries takes a number, not '$2'"; fi
            retries=$2
            ;;
          *)
            name=${1#--}
            if [[ ! $1 =~ ^--[a-z-]+$ || ! -v engine[$name] ]]; then die "no such option: $1 (see --help)"; fi
            engine[$name]+="${engine[$name]:+$'\n'}$2"
            ;;
        esac
        shift 2
        ;;
      *)
        inputs+=("$1")
        shift
        ;;
    esac
  done
  if ((${#inputs[@]} == 0)); then die "no captures (see --help)"; fi
  if [[ -z $output ]]; then die "where do the rows go? -o FILE (see --help)"; fi
  if ((fan_in < 2)); then die "--fan-in takes a number from 2"; fi
  output=$(realpath -ms -- "$output")
  work=$(realpath -ms -- "${work:-$output.work}")
  if [[ -d $output ]]; then die "$output is a directory; the rows go into one file"; fi
  case $output$work in *$'\n'*) die "a line break in the name of a file" ;; esac
  split_options
}

# Tells those of parts and those of rows apart. Files that they name are found from every directory then.
split_options() {
  local i option value words=()
  for ((i = 0; i < ${#options[@]}; i++)); do
    option=${options[i]}
    case $option in
      --format | --delimiter | --cid-seed | --time-digits | --anonymize | --na | --labels | --label-time | \
        --label-default)
        if ((i + 1 == ${#options[@]})); then die "$option needs a value"; fi
        words+=("$option=${options[++i]}")
        ;;
      --format=* | --delimiter=* | --safe-cells | --no-header | --cid-seed=* | --time-digits=* | --anonymize=* | \
        --na=* | --labels=* | --label-time=* | --label-default=* | --drop-ids)
        words+=("$option")
        ;;
      -o* | --output | --output=* | --meta | --meta=*) die "$option cannot stand behind --" ;;
      *) part_options+=("$option") ;;
    esac
  done
  read -r -d '' -a row_options <<<"$rows" || true
  row_options=("${words[@]}" "${row_options[@]}")
  for i in "${!row_options[@]}"; do
    option=${row_options[i]}
    case $option in
      --anonymize=* | --labels=*)
        value=$(realpath -ms -- "${option#*=}")
        named_files+=("$value")
        row_options[i]=${option%%=*}=$value
        ;;
    esac
  done
}

# try_options CAPTURE: what flowmeter refuses in every task, or in the last one, is refused before all.
try_options() {
  local try=$work/tmp/plan/try
  editcap -r "$1" "$try.pcapng" 1 2>/dev/null || return 0
  "$program" --partial "${part_options[@]}" "$try.pcapng" >"$try.part" </dev/null ||
    die "flowmeter does not take these options: ${part_options[*]@Q}"
  "$program" merge "${row_options[@]}" "$try.part" >/dev/null </dev/null ||
    die "flowmeter merge does not take these options: ${row_options[*]@Q}"
}

need_tools() {
  local tool
  for tool in "$@"; do
    command -v "$tool" >/dev/null || die "$tool is not in PATH"
  done
}

find_program() {
  local name=${FLOWMETER:-}
  if [[ -z $name && -x $root/build-release/src/flowmeter ]]; then name=$root/build-release/src/flowmeter; fi
  if [[ -z $name ]]; then name=flowmeter; fi
  program=$(command -v -- "$name") || die "$name: not found; build it (scripts/quickstart), or name it: FLOWMETER=PATH"
  program=$(realpath -s -- "$program")
}

# first_frame HOW FILE: prints `TIME SIZE MTIME FILE` with tabs between, TIME being that of the first frame. What has no
# frames has a comment instead of a line; so has what is no capture, where HOW is `found` (in a directory).
first_frame() {
  local how=$1 file=$2 time
  # editcap reads no further than it must, and does not load all of tshark; but it does not write all that it reads.
  if ! time=$(editcap -r "$file" - 1 2>/dev/null | capinfos -T -r -S -a - 2>/dev/null) &&
    ! time=-$'\t'$(HOME=/nonexistent tshark -n -r "$file" -c 1 -T fields -e frame.time_epoch 2>/dev/null); then
    if [[ $how == found && -r $file ]]; then
      printf '# %s: is not a capture, left out\n' "$file"
      return 0
    fi
    say "$file: is not a capture, or cannot be read"
    return 255 # xargs goes no further
  fi
  time=${time#-$'\t'}
  if [[ ! $time =~ ^-?[0-9]+(\.[0-9]+)?$ ]]; then
    printf '# %s: has no frames, left out\n' "$file"
    return 0
  fi
  printf '%s\t%s\t%s\n' "$time" "$(stat -L -c $'%s\t%Y' -- "$file")" "$file"
}

# Prints a line of first_frame for each capture among the inputs, in the order in which `flowmeter --continuous` takes
# them.
captures_in_order() {
  local input list
  list=$work/tmp/plan/inputs
  for input in "${inputs[@]}"; do
    if [[ -d $input ]]; then
      find -L "$(realpath -s -- "$input")" -path "$work" -prune -o -type f -size +0c -printf 'found\0%p\0'
    elif [[ -e $input ]]; then
      printf 'given\0%s\0' "$(realpath -s -- "$input")"
    else
      die "$input: No such file or directory"
    fi
  done >"$list"
  if [[ $(tr -dc '\n' <"$list" | wc -c) != 0 ]]; then die "a line break in the name of a capture"; fi
  export -f first_frame say
  xargs -0 -r -n 2 -P "$(nproc)" bash -c 'set -euo pipefail; first_frame "$@"' "$0" <"$list" >"$list.all" ||
    die "these captures cannot be put in order"
  sed -n 's/^# //p' "$list.all" | while IFS= read -r input; do say "$input"; done
  sed '/^# /d' "$list.all" | LC_ALL=C sort -t $'\t' -k 1,1n -k 4 >"$list"
  input=$(uniq -d "$list" | cut -f 4- | sed -n 1p)
  if [[ -n $input ]]; then die "$input is there twice among the inputs"; fi
  cat "$list"
}

# Makes the directory of the work, and takes a lock on it that the end of the script gives back.
enter_work() {
  mkdir -p "$work/tmp" "$work/logs" 2>/dev/null || die "cannot write to $work"
  exec 9<"$work"
  if command -v flock >/dev/null && ! flock -n 9; then die "another one is at work in $work"; fi
}

# What `task` asks, too.
version() { "$program" --partial "${part_options[@]}" --version </dev/null; }

null_ended() { if (($# > 0)); then printf '%s\0' "$@"; fi; }

# Writes the plan into the directory of the work, or finds it there.
make_plan() {
  local new count
  new=$work/tmp/plan # we have the lock
  rm -rf "$new"
  mkdir "$new"
  version >"$new/version" || die "$program does not take the options"
  captures_in_order >"$new/list"
  count=$(wc -l <"$new/list")
  if ((count == 0)); then die "no captures among the inputs"; fi
  if [[ ! -e $work/plan ]]; then try_options "$(head -n 1 "$new/list" | cut -f 4-)"; fi
  {
    cat "$new/version"
    echo "options of parts: ${part_options[*]@Q}"
    echo "options of rows: ${row_options[*]@Q}"
    if ((${#named_files[@]} > 0)); then stat -L -c $'file: %s\t%Y\t%n' -- "${named_files[@]}"; fi
    echo "group: $group"
    echo "fan-in: $fan_in"
    echo "captures: $count (first frame, bytes, changed, name)"
    cat "$new/list"
  } >"$new/plan"
  if [[ -e $work/plan ]]; then
    if ! cmp -s "$work/plan" "$new/plan"; then
      say "$work is of other captures or options (< then, > now):"
      diff "$work/plan" "$new/plan" | grep '^[<>]' | head -n 20 >&2 || true
      rm -r "$new"
      die "nothing was done; choose another directory by --work, or remove $work"
    fi
  else
    cut -f 4- "$new/list" >"$work/captures"
    null_ended "${part_options[@]}" >"$work/options"
    null_ended "${row_options[@]}" >"$work/row-options"
    count=$(((count + group - 1) / group))
    {
      echo "$count"
      while ((count > fan_in)); do
        count=$(((count + fan_in - 1) / fan_in))
        echo "$count"
      done
      echo 1
    } >"$work/tree"
    mv "$new/version" "$work/version"
    mv "$new/plan" "$work/plan"
  fi
  rm -r "$new"
  # These may change: where the program stands, and where the rows go.
  printf '%s\n' "group=$group" "fan_in=$fan_in" "program=$program" >"$work/settings"
  printf '%s\n' "$output" >"$work/output"
  mapfile -t tree <"$work/tree"
  rows_level=$((${#tree[@]} - 1))
}

# Finds what is to do: todo[LEVEL] has the numbers of the tasks whose results are missing, or of what is computed again.
# Stale results are removed, so that a task need not be told of them.
declare -A todo=()
look_around() {
  local level number numbers result
  local -A again=() before=()
  for ((level = 0; level < rows_level; level++)); do
    mkdir -p "$work/$level"
    before=()
    for number in "${!again[@]}"; do before[$(((number - 1) / fan_in + 1))]=1; done
    again=()
    numbers=()
    for ((number = 1; number <= tree[level]; number++)); do
      printf -v result '%s/%d/%06d.part.zst' "$work" "$level" "$number"
      if [[ -v before[$number] ]]; then rm -f "$result"; fi
      if [[ ! -s $result ]]; then
        again[$number]=1
        numbers+=("$number")
      fi
    done
    todo[$level]=${numbers[*]}
  done
  todo[$rows_level]=
  if ((${#again[@]} > 0)) || [[ ! -e $output || ! -e $work/done || $(<"$work/done") != "$output" ]]; then
    rm -f "$work/done"
    todo[$rows_level]=1
  fi
}

level_name() {
  if (($1 == 0)); then echo parts; elif (($1 == rows_level)); then echo rows; else echo "merge-$1"; fi
}
count_of() { wc -w <<<"${todo[$1]}"; }
