"""What can go wrong at the classifier's edges."""


class ClassifierError(Exception):
    """Root of everything that the classifier raises for a cause outside itself."""


class ImageError(ClassifierError):
    """Bytes that are no readable picture, or a picture beyond the limits. The message says which."""


class ModelError(ClassifierError):
    """A file that is no model of ours, or one that does not fit what is asked of it."""


class DatasetError(ClassifierError):
    """A data folder that cannot be used: unreadable, a class folder empty, classes that do not match."""


class MissingExtraError(ClassifierError):
    """The command needs an optional install; the message says what to install."""
