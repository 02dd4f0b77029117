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
complete -c flowmeter -n __flowmeter_merges -l partial -d 'Write another part, of all of them'
complete -c flowmeter -n 'not __flowmeter_merges' -s r -l recursive -d 'Take the captures below the directories'
complete -c flowmeter -n 'not __flowmeter_merges' -l continuous -d 'The captures are one in several files'
complete -c flowmeter -n 'not __flowmeter_merges' -s i -l interface -x -a "(__flowmeter_interfaces)" -d 'Capture on an interface'
complete -c flowmeter -n 'not __flowmeter_merges' -s f -l capture-filter -x -d 'Capture only what the filter passes'
complete -c flowmeter -n 'not __flowmeter_merges' -s c -l frames -x -d 'Stop after so many frames'
complete -c flowmeter -n 'not __flowmeter_merges' -l duration -x -d 'Stop after so many seconds'
complete -c flowmeter -n 'not __flowmeter_merges' -s s -l snaplen -x -d 'Bytes to capture of each frame'
complete -c flowmeter -n 'not __flowmeter_merges' -s B -l buffer-size -x -d 'MiB of the buffer for each interface'
complete -c flowmeter -n 'not __flowmeter_merges' -s p -l no-promiscuous -d 'Only frames from and to this machine'
complete -c flowmeter -n 'not __flowmeter_merges' -l follow -r -F -d 'Read on where a file grows'
complete -c flowmeter -n 'not __flowmeter_merges' -l watch -x -a '(__fish_complete_directories)' -d 'Read what is left in a directory'
complete -c flowmeter -n 'not __flowmeter_merges' -s D -l list-interfaces -d 'List the interfaces'
complete -c flowmeter -n 'not __flowmeter_merges' -l end-on -x -a close -d 'End TCP flows when they are closed'
complete -c flowmeter -n 'not __flowmeter_merges' -l max-flows -x -d 'Flows open at once'
complete -c flowmeter -n 'not __flowmeter_merges' -l rotate-every -x -d 'Seconds until the next output file'
complete -c flowmeter -n 'not __flowmeter_merges' -l rotate-rows -x -d 'Rows of an output file'
complete -c flowmeter -n 'not __flowmeter_merges' -l meta -r -F -d 'Write what was run on what to a file'
complete -c flowmeter -s o -l output -r -F -d 'Write the rows to a file'
complete -c flowmeter -n 'not __flowmeter_merges' -l transport -x -a 'tcp udp sctp dccp icmp' -d 'Protocols that flows are kept for'
complete -c flowmeter -n 'not __flowmeter_merges' -s t -l timeout -x -d 'Idle time-out in seconds'
complete -c flowmeter -n 'not __flowmeter_merges' -l active-timeout -x -d 'Longest time of a flow, in seconds'
complete -c flowmeter -n 'not __flowmeter_merges' -l direction -x -a 'first handshake' -d 'Which side is the source'
complete -c flowmeter -n 'not __flowmeter_merges' -l tunnel -x -a 'all inner outer' -d 'Which packets of a frame count'
complete -c flowmeter -n 'not __flowmeter_merges' -l clock -x -a 'raw monotone' -d 'With which times packets count'
complete -c flowmeter -n 'not __flowmeter_merges' -l size -x -a 'frame ip payload' -d 'What the sizes are of'
complete -c flowmeter -n 'not __flowmeter_merges' -l splt -x -d 'Add sizes, gaps and flags of the first packets'
complete -c flowmeter -n 'not __flowmeter_merges' -l splt-packets -x -a 'all payload' -d 'Packets that --splt takes'
complete -c flowmeter -n 'not __flowmeter_merges' -l splt-layout -x -a 'wide list' -d 'A column for each packet, or all in one'
complete -c flowmeter -l cid-seed -x -d 'Seed of community_id'
complete -c flowmeter -l time-digits -x -d 'Decimals of start_utc and end_utc'
complete -c flowmeter -l anonymize -r -F -d 'Replace addresses by the key in a file'
complete -c flowmeter -l drop-ids -d 'Leave out what identifies a flow'
complete -c flowmeter -n 'not __flowmeter_merges' -l field -x -a '(__flowmeter_fields)' -d 'Columns of any tshark field'
complete -c flowmeter -n 'not __flowmeter_merges' -l list-max -x -d 'Most values in a cell that lists them'
complete -c flowmeter -l labels -r -F -d 'Label flows by rules'
complete -c flowmeter -l label-time -x -a 'overlap start' -d 'What must lie in a time window'
complete -c flowmeter -l label-tz -x -a '(__flowmeter_zones)' -d 'Zone of times in rules that tell none'
complete -c flowmeter -l label-default -x -d 'Label of all other flows'
complete -c flowmeter -l na -x -d 'What statistics without samples print'
complete -c flowmeter -l schema -x -a 'flowmeter cicflowmeter nfstream pyflowmeter' -d 'Set of columns'
complete -c flowmeter -l columns -x -a '(__flowmeter_columns)' -d 'Columns to write'
complete -c flowmeter -n 'not __flowmeter_merges' -l list-columns -d 'List all columns'
complete -c flowmeter -l format -x -a 'csv tsv jsonl' -d 'Form of the rows'
complete -c flowmeter -l delimiter -x -d 'What stands between two values'
complete -c flowmeter -l safe-cells -d 'No text that spreadsheets take for formulas'
complete -c flowmeter -l no-header -d 'Leave out the names of the columns'
complete -c flowmeter -n 'not __flowmeter_merges' -l tshark -r -F -d 'The tshark to run'
complete -c flowmeter -n 'not __flowmeter_merges' -s Y -l display-filter -x -d 'Take only the packets that match'
complete -c flowmeter -n 'not __flowmeter_merges' -s d -l decode-as -x -d 'Dissect a port as another protocol'
complete -c flowmeter -n 'not __flowmeter_merges' -l read-format -x -d 'What the inputs are, as tshark names it'
complete -c flowmeter -n 'not __flowmeter_merges' -l pref -x -d 'Set a preference of tshark'
complete -c flowmeter -n 'not __flowmeter_merges' -l transport-only -d 'Switch application dissectors off'
complete -c flowmeter -n 'not __flowmeter_merges' -l decoder -x -a 'auto ek json columns' -d 'How tshark is asked'
complete -c flowmeter -n 'not __flowmeter_merges' -s j -l jobs -x -d 'tsharks at once'
complete -c flowmeter -n 'not __flowmeter_merges' -l life-frames -x -d 'Frames after which a tshark is replaced'
complete -c flowmeter -n 'not __flowmeter_merges' -l partial -d 'Write a part, for flowmeter merge'
complete -c flowmeter -n 'not __flowmeter_merges' -l segment -x -d 'Which part of how many, N/TOTAL'
complete -c flowmeter -n 'not __flowmeter_merges' -l after -r -F -d 'The capture before the one of the part'
complete -c flowmeter -n 'not __flowmeter_merges' -l keep-going -d 'Pass over damaged records of tshark output'
complete -c flowmeter -n 'not __flowmeter_merges' -l print-command -d 'Print the tshark command and end'
complete -c flowmeter -n 'not __flowmeter_merges' -l progress -d 'Show progress'
complete -c flowmeter -n 'not __flowmeter_merges' -l no-progress -d 'Show no progress'
complete -c flowmeter -s q -l quiet -d 'Say nothing but errors'
complete -c flowmeter -s v -l verbose -d 'Say more'
complete -c flowmeter -n 'not __flowmeter_merges' -l version -d 'Print the version'
complete -c flowmeter -s h -l help -d 'Print a summary of the options'
