# mypy: ignore-errors
# Eve's settings, as its documentation lays them out.
MONGO_DBNAME = "directory"

RESOURCE_METHODS = ["GET", "POST"]
ITEM_METHODS = ["GET", "PATCH", "PUT", "DELETE"]

PAGINATION_DEFAULT = 25
PAGINATION_LIMIT = 50

DOMAIN = {
    "users": {
        "schema": {
            "name": {"type": "string", "minlength": 1, "maxlength": 200, "required": True},
            "email": {
                "type": "string",
                "regex": r"^[^@\s]+@[^@\s]+\.[^@\s]+$",
                "maxlength": 254,
                "required": True,
                "unique": True,
            },
        },
        "mongo_indexes": {"email": ([("email", 1)], {"unique": True})},
    }
}
