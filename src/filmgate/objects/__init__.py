"""Objects: stored bytes, in a local folder or in a bucket (S3, Google Cloud, Azure), through obstore."""

from filmgate.objects.objects import CHUNK_BYTES, Objects
from filmgate.objects.words import NewObject, ObjectInfo, Stored

__all__ = ["CHUNK_BYTES", "NewObject", "ObjectInfo", "Objects", "Stored"]
