"""Lets Python 3.13 take the certificates of the stand-in, which lack the key identifiers that strict checks ask for."""

import _ssl
import ssl

_ssl.VERIFY_X509_STRICT = 0
ssl.VERIFY_X509_STRICT = ssl.VerifyFlags(0)
