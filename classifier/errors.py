"""The errors that the classifier raises for causes outside itself."""


class ClassifierError(Exception):
    """The root of these errors."""


class ImageError(ClassifierError):
    """Bytes that are no readable picture, or a picture beyond the limits; the message says which."""


class ModelError(ClassifierError):
    """A file that is no model of this classifier, or a model or setting that does not fit the request."""


class DatasetError(ClassifierError):
    """A data folder that cannot be used: unreadable, a class folder empty, classes that do not match."""


class MissingExtraError(ClassifierError):
    """An optional install is missing; the message says what to install."""
