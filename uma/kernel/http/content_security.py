"""What pages and the admin may load and do; answers of the API may load and do nothing (middleware.py)."""

from csp import constants as csp

PAGES = {
    "default-src": [csp.NONE],
    "script-src": [csp.SELF, csp.NONCE],
    "style-src": [csp.SELF, csp.NONCE],
    # `data:` for QR codes and the icons of the documentation.
    "img-src": [csp.SELF, "data:"],
    "font-src": [csp.SELF],
    "connect-src": [csp.SELF],
    "form-action": [csp.SELF],
    "frame-ancestors": [csp.NONE],
    "base-uri": [csp.NONE],
    "object-src": [csp.NONE],
}
