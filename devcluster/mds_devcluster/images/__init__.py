"""Container images of mds, and of what it needs beside it, as OCI archives in the cache.

It knows the Dockerfiles and what goes into them; it knows neither clusters nor what the images do.
"""

from mds_devcluster.images.obtaining import Image, obtain_images

__all__ = ["Image", "obtain_images"]
