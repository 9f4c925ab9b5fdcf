"""The recognizer's answers, and the bin where each item therefore belongs."""

from twin import trace
from twin.scenario.item import item_text
from twin.scenario.layout import REJECT, bin_text
from twin.verdict.facts import DEFAULT


class Answers:
    """The recognizer's answer for each item on the belt, and the bin where the item therefore belongs.

    An answer is sure if its confidence reaches the scenario's threshold. An item without a sure answer belongs in the
    reject bin. If the twin does not know the answers of the controller's own recognizer, the item's true class decides.
    Such an item may be rejected as well if the twin's recognizer does not surely see that class in the picture.
    """

    def __init__(self) -> None:
        self.scenario = DEFAULT
        self.classes: dict[int, str] = {}
        self.answers: dict[int, trace.Answered] = {}

    def began(self, record: trace.Began) -> None:
        """Take the threshold and the bins from the scenario."""
        self.scenario = record.scenario

    def loaded(self, record: trace.Loaded) -> None:
        """Note the class of an item that was loaded."""
        self.classes[record.item] = record.item_class

    def answered(self, record: trace.Answered) -> None:
        """Note a recognizer's answer for an item."""
        self.answers[record.item] = record

    def forget(self, item: int) -> None:
        """Forget an item that has left the belt."""
        self.classes.pop(item, None)
        self.answers.pop(item, None)

    def bin_of(self, item: int) -> int:
        """The bin where the item belongs: by the sure answer of the controller's recognizer, or else by its class."""
        answer = self.answers.get(item)
        if answer is None or not answer.own:
            return self.scenario.bin_of(self.classes.get(item))
        return self.scenario.bin_of(answer.label) if self._sure(answer) else REJECT

    def may_be_rejected(self, item: int) -> bool:
        """Whether the item belongs in the reject bin, or its picture cannot surely be recognised.

        A missing answer does not justify a reject; only a fault that caused it does, and that is for the excuses.
        """
        answer, item_class = self.answers.get(item), self.classes.get(item)
        if answer is not None and answer.own and answer.label is None:
            return self.scenario.bin_of(item_class) == REJECT
        unclear = answer is not None and not answer.own and not (self._sure(answer) and answer.label == item_class)
        return unclear or self.bin_of(item) == REJECT

    def reject_reason(self, item: int) -> str:
        """Why an item ended in the reject bin, as far as the answers show."""
        answer, item_class = self.answers.get(item), self.classes.get(item)
        if answer is not None and answer.own:
            if answer.label is None:
                return "no answer"
            if not self._sure(answer):
                return "not sure"
            if self.scenario.bin_of(answer.label) == REJECT:
                return f"no bin for {answer.label}"
            return "not tracked, or answered too late"
        if self.scenario.bin_of(item_class) == REJECT:
            return f"no bin for {item_class}"
        return "hard to recognise" if self.may_be_rejected(item) else "not sorted"

    def describe(self, item: int, number: int) -> str:
        """A sentence for a violation: the bin into which the item fell, where it belongs, and the answer for it."""
        name = item_text(item, self.classes.get(item, "class unknown"))
        due = self.bin_of(item)  # An item that was needlessly rejected without an answer belongs in its class's bin.
        belongs = bin_text(self.scenario.bin_of(self.classes.get(item)) if due == number else due)
        return f"{name} fell into {bin_text(number)}; it belongs in {belongs} ({self._evidence(item, number)})"

    def _evidence(self, item: int, number: int) -> str:
        answer = self.answers.get(item)
        if answer is None:
            return "the recognizer's answer is unknown"
        recognizer = "recognizer" if answer.own else "the twin's recognizer"
        if answer.label is None:
            return f"{recognizer}: no answer"
        seen = f"{recognizer}: {answer.label} {answer.confidence:.2f}"
        if not self._sure(answer):
            return f"{seen}, below the threshold of {self.scenario.controller.sure_at:g}"
        misread = number != REJECT and self.scenario.bin_of(answer.label) == number
        return f"{seen}, so the picture was probably misread" if misread else seen

    def _sure(self, answer: trace.Answered) -> bool:
        return answer.confidence >= self.scenario.controller.sure_at
