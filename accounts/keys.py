"""Keys made of SECRET_KEY, one for each purpose, so that what is encrypted for one can be read for no other."""

import base64
import hashlib

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings


def keys_for(purpose):
    """What encrypts and decrypts for `purpose`; secrets that SECRET_KEY replaced still decrypt."""
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    digests = (hashlib.sha256(purpose.encode() + secret.encode()).digest() for secret in secrets)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])
