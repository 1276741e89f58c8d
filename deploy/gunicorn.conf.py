"""gunicorn -c deploy/gunicorn.conf.py satisfaction.wsgi; all settings come from the environment."""

from satisfaction import server

server.set_up_django()
server.claim_embedded_worker()
globals().update(server.gunicorn_options())
