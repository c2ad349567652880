"""What the client, the server and the controller agree on over HTTP: routes, headers, error bodies, invitations, result bytes.

docs/protocol.md section 9 states the authentication of requests; the route table here is the one that the server serves,
the clients call and the OpenAPI document is made from.
"""

from __future__ import annotations
