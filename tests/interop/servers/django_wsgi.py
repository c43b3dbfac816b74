"""Django's feed under WSGI, by the threads of Django's own development server."""

import sys

from django.core.servers.basehttp import run

import django_feed

run("127.0.0.1", int(sys.argv[1]), django_feed.wsgi, threading=True)
