[
  {
    "_index": "packets-2026-11-23",
    "_type": "doc",
    "_score": null,
    "_source": {
      "layers": {
        "frame.time_epoch": [
          "1795447318.304209000"
        ],
        "frame.len": [
          "92"
        ],
        "frame.protocols": [
          "eth:ethertype:ip:udp:vxlan:eth:ethertype:arp"
        ],
        "ip.src": [
          "10.77.0.1"
        ],
        "ip.dst": [
          "10.77.0.2"
        ],
        "udp.stream": [
          "0"
        ],
        "udp.srcport": [
          "54186"
        ],
        "udp.dstport": [
          "4789"
        ]
      }
    }
  },
  {
    "_index": "packets-2026-11-23",
    "_type": "doc",
    "_score": null,
    "_source": {
      "layers": {
        "frame.time_epoch": [
          "1795447318.304252000"
        ],
        "frame.len": [
          "92"
        ],
        "frame.protocols": [
          "eth:ethertype:ip:udp:vxlan:eth:ethertype:arp"
        ],
        "ip.src": [
          "10.77.0.2"
        ],
        "ip.dst": [
          "10.77.0.1"
        ],
        "udp.stream": [
          "1"
        ],
        "udp.srcport": [
          "54186"
        ],
        "udp.dstport": [
          "4789"
        ]
      }
    }
  },
  {
    "_index": "packets-2026-11-23",
    "_type": "doc",
    "_score": null,
    "_source": {
      "layers": {
        "frame.time_epoch": [
          "1795447318.304260000"
        ],
        "frame.len": [
          "124"
        ],
        "frame.protocols": [
          "eth:ethertype:ip:udp:vxlan:eth:ethertype:ip:tcp"
        ],
        "ip.src": [
          "10.77.0.1",
          "10.77.8.1"
        ],
        "ip.dst": [
          "10.77.0.2",
          "10.77.8.2"
        ],
        "tcp.stream": [
          "0"
        ],
        "tcp.srcport": [
          "55724"
        ],
        "tcp.dstport": [
          "80"
        ],
        "tcp.flags": [
          "0x0002"
        ],
        "udp.stream": [
          "2"
        ],
        "udp.srcport": [
          "59094"
        ],
        "udp.dstport": [
          "4789"
        ],
        "tcp.len": [
          "0"
        ],
        "tcp.time_relative": [
          "0.000000000"
        ],
        "tcp.time_delta": [
          "0.000000000"
        ]
      }
    }
  },
  {
    "_index": "packets-2026-11-23",
    "_type": "doc",
    "_score": null,
    "_source": {
      "layers": {
        "frame.time_epoch": [
          "1795447318.304279000"
        ],
        "frame.len": [
          "124"
        ],
        "frame.protocols": [
          "eth:ethertype:ip:udp:vxlan:eth:ethertype:ip:tcp"
        ],
        "ip.src": [
          "10.77.0.2",
          "10.77.8.2"
        ],
        "ip.dst": [
          "10.77.0.1",
          "10.77.8.1"
        ],
        "tcp.stream": [
          "0"
        ],
        "tcp.srcport": [
          "80"
        ],
        "tcp.dstport": [
          "55724"
        ],
        "tcp.flags": [
          "0x0012"
        ],
        "udp.stream": [
          "3"
        ],
        "udp.srcport": [
          "45892"
        ],
        "udp.dstport": [
          "4789"
        ],
        "tcp.len": [
          "0"
        ],
        "tcp.time_relative": [
          "0.000019000"
        ],
        "tcp.time_delta": [
          "0.000019000"
        ]
      }
    }
  },
  {
    "_index": "packets-2026-11-23",
    "_type": "doc",
    "_score": null,
    "_source": {
      "layers": {
        "frame.time_epoch": [
          "1795447318.304297000"
        ],
        "frame.len": [
          "116"
        ],
        "frame.protocols": [
          "eth:ethertype:ip:udp:vxlan:eth:ethertype:ip:tcp"
        ],
        "ip.src": [
          "10.77.0.1",
          "10.77.8.1"
        ],
        "ip.dst": [
          "10.77.0.2",
          "10.77.8.2"
        ],
        "tcp.stream": [
          "0"
        ],
        "tcp.srcport": [
          "55724"
        ],
        "tcp.dstport": [
          "80"
        ],
        "tcp.flags": [
          "0x0010"
        ],
        "udp.stream": [
          "2"
        ],
        "udp.srcport": [
          "59094"
        ],
        "udp.dstport": [
          "4789"
        ],
        "tcp.len": [
          "0"
        ],
        "tcp.time_relative": [
          "0.000037000"
        ],
        "tcp.time_delta": [
          "0.000018000"
        ]
      }
    }
  },
  {
    "_index": "packets-2026-11-23",
    "_type": "doc",
    "_score": null,
    "_source": {
      "layers": {
        "frame.time_epoch": [
          "1795447318.304357000"
        ],
        "frame.len": [
          "189"
        ],
        "frame.protocols": [
          "eth:ethertype:ip:udp:vxlan:eth:ethertype:ip:tcp:http"
        ],
        "ip.src": [
          "10.77.0.1",
          "10.77.8.1"
        ],
        "ip.dst": [
          "10.77.0.2",
          "10.77.8.2"
        ],
        "tcp.stream": [
          "0"
        ],
        "tcp.srcport": [
          "55724"
        ],
        "tcp.dstport": [
          "80"
        ],
        "tcp.flags": [
          "0x0018"
        ],
        "udp.stream": [
          "2"
        ],
        "udp.srcport": [
          "59094"
        ],
        "udp.dstport": [
          "4789"
        ],
        "tcp.len": [
          "73"
        ],
        "tcp.time_relative": [
          "0.000097000"
        ],
        "tcp.time_delta": [
          "0.000060000"
        ]
      }
    }
  },
  {
    "_index": "packets-2026-11-23",
    "_type": "doc",
    "_score": null,
    "_source": {
      "layers": {
        "frame.time_epoch": [
          "1795447318.304367000"
        ],
        "frame.len": [
          "116"
        ],
        "frame.protocols": [
          "eth:ethertype:ip:udp:vxlan:eth:ethertype:ip:tcp"
        ],
        "ip.src": [
          "10.77.0.2",
          "10.77.8.2"
        ],
        "ip.dst": [
          "10.77.0.1",
          "10.77.8.1"
        ],
        "tcp.stream": [
          "0"
        ],
        "tcp.srcport": [
          "80"
        ],
        "tcp.dstport": [
          "55724"
        ],
        "tcp.flags": [
          "0x0010"
        ],
        "udp.stream": [
          "3"
        ],
        "udp.srcport": [
          "45892"
        ],
        "udp.dstport": [
          "4789"
        ],
        "tcp.len": [
          "0"
        ],
        "tcp.time_relative": [
          "0.000107000"
        ],
        "tcp.time_delta": [
          "0.000010000"
        ]
      }
    }
  },
  {
    "_index": "packets-2026-11-23",
    "_type": "doc",
    "_score": null,
    "_source": {
      "layers": {
        "frame.time_epoch": [
          "1795447318.304555000"
        ],
        "frame.len": [
          "1514"
        ],
        "frame.protocols": [
          "eth:ethertype:ip:udp:vxlan:eth:ethertype:ip:tcp"
        ],
        "ip.src": [
          "10.77.0.2",
          "10.77.8.2"
        ],
        "ip.dst": [
          "10.77.0.1",
          "10.77.8.1"
        ],
        "tcp.stream": [
          "0"
        ],
        "tcp.srcport": [
          "80"
        ],
        "tcp.dstport": [
          "55724"
        ],
        "tcp.flags": [
          "0x0010"
        ],
        "udp.stream": [
          "3"
        ],
        "udp.srcport": [
          "45892"
        ],
        "udp.dstport": [
          "4789"
        ],
        "tcp.len": [
          "1398"
        ],
        "tcp.time_relative": [
          "0.000295000"
        ],
        "tcp.time_delta": [
          "0.000188000"
        ]
      }
    }
  },
  {
    "_index": "packets-2026-11-23",
    "_type": "doc",
    "_score": null,
    "_source": {
      "layers": {
        "frame.time_epoch": [
          "1795447318.304572000"
        ],
        "frame.len": [
          "749"
        ],
        "frame.protocols": [
          "eth:ethertype:ip:udp:vxlan:eth:ethertype:ip:tcp:http:data-text-lines"
        ],
        "ip.src": [
          "10.77.0.2",
          "10.77.8.2"
        ],
        "ip.dst": [
          "10.77.0.1",
          "10.77.8.1"
        ],
        "tcp.stream": [
          "0"
        ],
        "tcp.srcport": [
          "80"
        ],
        "tcp.dstport": [
          "55724"
        ],
        "tcp.flags": [
          "0x0018"
        ],
        "udp.stream": [
          "3"
        ],
        "udp.srcport": [
          "45892"
        ],
        "udp.dstport": [
          "4789"
        ],
        "tcp.len": [
          "633"
        ],
        "tcp.time_relative": [
          "0.000312000"
        ],
        "tcp.time_delta": [
          "0.000017000"
        ]
      }
    }
  },
  {
    "_index": "packets-2026-11-23",
    "_type": "doc",
    "_score": null,
    "_source": {
      "layers": {
        "frame.time_epoch": [
          "1795447318.304589000"
        ],
        "frame.len": [
          "116"
        ],
        "frame.protocols": [
          "eth:ethertype:ip:udp:vxlan:eth:ethertype:ip:tcp"
        ],
        "ip.src": [
          "10.77.0.1",
          "10.77.8.1"
        ],
        "ip.dst": [
          "10.77.0.2",
          "10.77.8.2"
        ],
        "tcp.stream": [
          "0"
        ],
        "tcp.srcport": [
          "55724"
        ],
        "tcp.dstport": [
          "80"
        ],
        "tcp.flags": [
          "0x0010"
        ],
        "udp.stream": [
          "2"
        ],
        "udp.srcport": [
          "59094"
        ],
        "udp.dstport": [
          "4789"
        ],
        "tcp.len": [
          "0"
        ],
        "tcp.time_relative": [
          "0.000329000"
        ],
        "tcp.time_delta": [
          "0.000017000"
        ]
      }
    }
  },
  {
    "_index": "packets-2026-11-23",
    "_type": "doc",
    "_score": null,
    "_source": {
      "layers": {
        "frame.time_epoch": [
          "1795447318.304723000"
        ],
        "frame.len": [
          "198"
        ],
        "frame.protocols": [
          "eth:ethertype:ip:udp:vxlan:eth:ethertype:ip:tcp:http"
        ],
        "ip.src": [
          "10.77.0.1",
          "10.77.8.1"
        ],
        "ip.dst": [
          "10.77.0.2",
          "10.77.8.2"
        ],
        "tcp.stream": [
          "0"
        ],
        "tcp.srcport": [
          "55724"
        ],
        "tcp.dstport": [
          "80"
        ],
        "tcp.flags": [
          "0x0018"
        ],
        "udp.stream": [
          "2"
        ],
        "udp.srcport": [
          "59094"
        ],
        "udp.dstport": [
          "4789"
        ],
        "tcp.len": [
          "82"
        ],
        "tcp.time_relative": [
          "0.000463000"
        ],
        "tcp.time_delta": [
          "0.000134000"
        ]
      }
    }
  },
  {
    "_index": "packets-2026-11-23",
    "_type": "doc",
    "_score": null,
    "_source": {
      "layers": {
        "frame.time_epoch": [
          "1795447318.304792000"
        ],
        "frame.len": [
          "1514"
        ],
        "frame.protocols": [
          "eth:ethertype:ip:udp:vxlan:eth:ethertype:ip:tcp"
        ],
        "ip.src": [
          "10.77.0.2",
          "10.77.8.2"
        ],
        "ip.dst": [
          "10.77.0.1",
          "10.77.8.1"
        ],
        "tcp.stream": [
          "0"
        ],
        "tcp.srcport": [
          "80"
        ],
        "tcp.dstport": [
          "55724"
        ],
        "tcp.flags": [
          "0x0010"
        ],
        "udp.stream": [
          "3"
        ],
        "udp.srcport": [
          "45892"
        ],
        "udp.dstport": [
          "4789"
        ],
        "tcp.len": [
          "1398"
        ],
        "tcp.time_relative": [
          "0.000532000"
        ],
        "tcp.time_delta": [
          "0.000069000"
        ]
      }
    }
  }
]
