"""gunicorn -c deploy/gunicorn.conf.py satisfaction.wsgi — everything else comes from the environment."""

from satisfaction import server

server.set_up()
server.claim_embedded()
globals().update(server.options())
