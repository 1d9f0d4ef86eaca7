# mypy: ignore-errors
# Eve is installed in this peer's own environment only.
import os

import mongomock
from eve import Eve
from eve.auth import TokenAuth
from eve.io.mongo import flask_pymongo

flask_pymongo.MongoClient = mongomock.MongoClient  # MongoDB in memory, so that no database server is needed


class Token(TokenAuth):
    def check_auth(self, token, allowed_roles, resource, method):
        return token == os.environ["API_TOKEN"]


app = Eve(settings=os.path.join(os.path.dirname(__file__), "settings.py"), auth=Token)
