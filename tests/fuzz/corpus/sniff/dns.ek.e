{"index":{"_index":"packets-2026-11-23","_type":"doc"}}
{"timestamp":"1795447115041","layers":{"frame_time_epoch":["1795447115.041169000"],"frame_len":["42"],"frame_protocols":["eth:ethertype:arp"]}}
{"index":{"_index":"packets-2026-11-23","_type":"doc"}}
