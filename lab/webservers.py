"""The customers' web servers: one small nginx each, whose page names its owner."""

import os

from addresses import CUSTOMERS
from processes import Process

NGINX_CONF = """\
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
worker_processes 1;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  keepalive_requests 100000;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{
    listen {web4}:80 backlog=4096;
    listen [{web6}]:80 backlog=4096;
    default_type text/plain;
    location / {{ return 200 "{page}"; }}
  }}
}}
"""


def page(customer):
    return f"{customer.name}: " + "welcome " * 60


def servers(run_dir, ns_of):
    processes = []
    for customer in CUSTOMERS:
        folder = f"{run_dir}/nginx-{customer.name}"
        os.makedirs(folder, exist_ok=True)
        with open(f"{folder}/nginx.conf", "w", encoding="utf-8") as out:
            out.write("user root;\n" + NGINX_CONF.format(folder=folder, web4=customer.web4, web6=customer.web6,
                                                         page=page(customer)))
        processes.append(Process(f"nginx-{customer.name}", ns_of(customer.role),
                                 ["/usr/sbin/nginx", "-p", folder, "-e", f"{folder}/error.log", "-c", f"{folder}/nginx.conf"]))
    return processes
