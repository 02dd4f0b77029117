# fish completion for flowmeter

# The word under the cursor as a list with commas: each column, with what stands before it.
function __flowmeter_columns
    set -l program (commandline -opc | head -n 1 | string replace -r '^~' $HOME)
    set -l word (commandline -ct | string replace -r -- '^--columns=' '')
    set -l before (string match -r -- '^.*,' $word)
    set -l sign (string match -r -- '^[+-]' (string replace -r -- '^.*,' '' $word))
    for line in ($program --list-columns --no-header 2>/dev/null)
        set -l name (string match -r -- '^\S+' $line)
        set -l meaning (string replace -r -- '^\S+\s*' '' $line)
        printf '%s%s%s\t%s\n' "$before" "$sign" $name $meaning
    end
end

function __flowmeter_interfaces
    set -l program (commandline -opc | head -n 1 | string replace -r '^~' $HOME)
    $program --list-interfaces 2>/dev/null | string replace -r '^\d+\. (\S+).*' '$1'
end

# tshark's fields that begin like the word under the cursor. There are 200,000.
function __flowmeter_fields
    tshark -G fields 2>/dev/null | awk -F '\t' -v word=(commandline -ct) '$1 == "F" && index($3, word) == 1 { print $3 "\t" $2 }'
end

# The system's time zones.
function __flowmeter_zones
    echo UTC
    awk '!/^#/ { print $3 }' /usr/share/zoneinfo/zone.tab 2>/dev/null
end

function __flowmeter_merges
    set -l words (commandline -opc)
    test "$words[2]" = merge
end

complete -c flowmeter -n __fish_is_first_arg -a merge -d 'Put parts together'
# Begin of the table, which scripts/update-completions writes
complete -c flowmeter -s h -l help -d 'Print this help'
complete -c flowmeter -n 'not __flowmeter_merges' -l progress -d 'Show progress on stderr (default on a terminal that has no rows)'
complete -c flowmeter -n 'not __flowmeter_merges' -l no-progress -d 'Show no progress'
complete -c flowmeter -s q -l quiet -d 'Print errors only'
complete -c flowmeter -s v -l verbose -d 'Print more messages'
complete -c flowmeter -n 'not __flowmeter_merges' -l version -d 'Print the versions of flowmeter and tshark'
complete -c flowmeter -n 'not __flowmeter_merges' -s r -l recursive -d 'Take all captures below directories'
complete -c flowmeter -n 'not __flowmeter_merges' -l continuous -d 'The captures are parts of one: flows continue from file to file, in time order'
complete -c flowmeter -n 'not __flowmeter_merges' -s Y -l display-filter -x -d 'Count only frames that match this display filter of tshark'
complete -c flowmeter -n 'not __flowmeter_merges' -s d -l decode-as -x -d 'tshark\'s decode-as rule (repeatable)'
complete -c flowmeter -n 'not __flowmeter_merges' -l pref -x -d 'A tshark preference, as its -o takes it (repeatable)'
complete -c flowmeter -n 'not __flowmeter_merges' -l read-format -x -d 'What the inputs are, as tshark -X read_format: names it; for formats that it can only guess'
complete -c flowmeter -n 'not __flowmeter_merges' -l tshark -r -F -d 'The tshark to run'
complete -c flowmeter -n 'not __flowmeter_merges' -l transport-only -d 'Switch application dissectors off: faster; see doc/tshark.md for what differs'
complete -c flowmeter -n 'not __flowmeter_merges' -l decoder -x -a 'auto ek json columns' -d 'Format to read from tshark: ek, json, columns, or auto (the fastest exact one)'
complete -c flowmeter -n 'not __flowmeter_merges' -s j -l jobs -x -d 'Number of tsharks to run at once (default: one for each core)'
complete -c flowmeter -n 'not __flowmeter_merges' -l life-frames -x -d 'Frames after which a tshark is replaced, to bound its memory (0: never)'
complete -c flowmeter -n 'not __flowmeter_merges' -l keep-going -d 'Skip damaged records of tshark\'s output and report their number'
complete -c flowmeter -n 'not __flowmeter_merges' -l print-command -d 'Print the tshark command line that would be run, and exit'
complete -c flowmeter -n 'not __flowmeter_merges' -s c -l frames -x -d 'Stop after this number of frames: captured ones, or those of each input'
complete -c flowmeter -n 'not __flowmeter_merges' -s i -l interface -x -a '(__flowmeter_interfaces)' -d 'Capture on this interface until SIGINT (repeatable)'
complete -c flowmeter -n 'not __flowmeter_merges' -s f -l capture-filter -x -d 'Capture only what this filter matches (syntax of tcpdump)'
complete -c flowmeter -n 'not __flowmeter_merges' -l duration -x -d 'Stop after this number of seconds'
complete -c flowmeter -n 'not __flowmeter_merges' -s s -l snaplen -x -d 'Bytes to capture of each frame (default: all)'
complete -c flowmeter -n 'not __flowmeter_merges' -s B -l buffer-size -x -d 'The kernel\'s buffer for each interface'
complete -c flowmeter -n 'not __flowmeter_merges' -s p -l no-promiscuous -d 'Only frames from and to this machine'
complete -c flowmeter -n 'not __flowmeter_merges' -l follow -r -F -d 'Read this file and what is appended to it, until SIGINT'
complete -c flowmeter -n 'not __flowmeter_merges' -l watch -x -a '(__fish_complete_directories)' -d 'Read the captures that are finished in this directory (tcpdump -G, dumpcap -b) as one, until SIGINT'
complete -c flowmeter -n 'not __flowmeter_merges' -s D -l list-interfaces -d 'List the interfaces, and exit'
complete -c flowmeter -n 'not __flowmeter_merges' -l transport -x -a 'tcp udp sctp dccp icmp' -d 'Protocols that flows are kept for: tcp, udp, sctp, dccp, icmp (echo conversations)'
complete -c flowmeter -n 'not __flowmeter_merges' -s t -l timeout -x -d 'A flow ends when its stream is idle for longer than this; 600,udp=60: by protocol'
complete -c flowmeter -n 'not __flowmeter_merges' -l active-timeout -x -d 'A flow ends at a packet that is later than its first one by more than this'
complete -c flowmeter -n 'not __flowmeter_merges' -l end-on -x -a 'close' -d 'close: a TCP flow also ends 2 s after both FINs or a RST; close=SECONDS: after that long'
complete -c flowmeter -n 'not __flowmeter_merges' -l max-flows -x -d 'Maximum number of open flows; the flow that is idle for the longest time ends for a new one'
complete -c flowmeter -n 'not __flowmeter_merges' -l direction -x -a 'first handshake' -d 'Forward is from the sender of the first packet (first), or from its receiver if it is a SYN+ACK (handshake)'
complete -c flowmeter -n 'not __flowmeter_merges' -l tunnel -x -a 'all inner outer' -d 'Which transport headers of a frame with several count: all, inner, outer'
complete -c flowmeter -n 'not __flowmeter_merges' -l clock -x -a 'raw monotone' -d 'Times of packets: their own (raw), or never earlier than the previous packet\'s (monotone)'
complete -c flowmeter -l schema -x -a 'flowmeter cicflowmeter nfstream pyflowmeter' -d 'Set of columns: flowmeter, cicflowmeter, nfstream, pyflowmeter'
complete -c flowmeter -l columns -x -a '(__flowmeter_columns)' -d 'Columns and groups: a,b chooses; +a adds to the schema\'s; =-a drops'
complete -c flowmeter -n 'not __flowmeter_merges' -l size -x -a 'frame ip payload' -d 'Sizes in the default columns: frame, ip, payload'
complete -c flowmeter -n 'not __flowmeter_merges' -l splt -x -d 'Add the group splt: sizes, gaps and flags of the first N packets'
complete -c flowmeter -n 'not __flowmeter_merges' -l splt-packets -x -a 'all payload' -d 'Packets of --splt: all, or payload (no empty ones, no retransmissions)'
complete -c flowmeter -n 'not __flowmeter_merges' -l splt-layout -x -a 'wide list' -d 'Columns of --splt: one for each packet (wide) or one cell for all (list)'
complete -c flowmeter -n 'not __flowmeter_merges' -l field -x -a '(__flowmeter_fields)' -d 'Columns of any tshark field: FIELD[:fwd|bwd|both][:AGGREGATE,...][=NAME] (repeatable)'
complete -c flowmeter -n 'not __flowmeter_merges' -l list-max -x -d 'Maximum number of values in a cell that lists them'
complete -c flowmeter -l cid-seed -x -d 'Seed of community_id'
complete -c flowmeter -l time-digits -x -d 'Decimals of start_utc and end_utc'
complete -c flowmeter -l anonymize -r -F -d 'Replace addresses, prefix-preserving (Crypto-PAn), by the key in that file'
complete -c flowmeter -l drop-ids -d 'Leave out the columns that identify a flow: addresses, ports, times, ids'
complete -c flowmeter -l na -x -d 'Text for statistics without samples (default: 0; kurtosis -3)'
complete -c flowmeter -l labels -r -F -d 'Add the column `label` by the rules in a CSV file'
complete -c flowmeter -l label-time -x -a 'overlap start' -d 'What must lie in a rule\'s time window: any part of a flow (overlap) or its start'
complete -c flowmeter -l label-tz -x -a '(__flowmeter_zones)' -d 'Time zone of times in rules without one: UTC, +02:00, Europe/Berlin'
complete -c flowmeter -l label-default -x -d 'Label of flows that no rule matches'
complete -c flowmeter -n 'not __flowmeter_merges' -l list-columns -d 'List columns with their meaning: all, or those of --schema and --columns'
complete -c flowmeter -n 'not __flowmeter_merges' -s o -l output -r -F -d 'File to write, or directory for one NAME_flow.csv (.tsv, .jsonl) per capture; - is standard output'
complete -c flowmeter -n __flowmeter_merges -s o -l output -r -F -d 'File to write (default: standard output)'
complete -c flowmeter -n __flowmeter_merges -l partial -d 'Write another part, of all of them'
complete -c flowmeter -n 'not __flowmeter_merges' -l rotate-every -x -d 'Begin a new file at each multiple of this time; -o takes the conversions of strftime'
complete -c flowmeter -n 'not __flowmeter_merges' -l rotate-rows -x -d 'Begin a new file after this number of rows'
complete -c flowmeter -l format -x -a 'csv tsv jsonl' -d 'csv, tsv (separated by tabs) or jsonl (a JSON object on each line)'
complete -c flowmeter -l delimiter -x -d 'Character between the cells of CSV (\\t for a tab)'
complete -c flowmeter -l safe-cells -d 'Put \' before text that a spreadsheet would read as a formula (= + - @)'
complete -c flowmeter -l no-header -d 'Omit the header line'
complete -c flowmeter -n 'not __flowmeter_merges' -l meta -r -F -d 'JSON file that records versions, options, inputs and counts, to repeat the run; - with -o'
complete -c flowmeter -n 'not __flowmeter_merges' -l partial -d 'Write a part for flowmeter merge instead of rows: flows can continue in the next capture'
complete -c flowmeter -n 'not __flowmeter_merges' -l segment -x -d 'Number of the part and of all parts, so that merge notices missing ones'
complete -c flowmeter -n 'not __flowmeter_merges' -l after -r -F -d 'The previous capture, whose fragments can belong to datagrams of this one'
# End of the table
