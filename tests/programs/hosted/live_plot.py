"""A figure that is kept up to date in a window of matplotlib, in each way to do so, and what nobody closes."""

import signal
import sys
import threading
import time

import matplotlib
import matplotlib.pyplot as plt
from matplotlib.animation import FuncAnimation

began_s = time.monotonic()


def passed_s():
    return round(time.monotonic() - began_s, 2)


def plotted():
    figure, axes = plt.subplots()
    (line,) = axes.plot([0], [0])
    return figure, line


def animation():
    """Frames come in an interval while the window is shown, until the program closes it; each is drawn."""
    figure, line = plotted()
    seen, drawn, closed = [], [], []
    figure.canvas.mpl_connect("draw_event", lambda event: drawn.append(passed_s()))
    figure.canvas.mpl_connect("close_event", lambda event: closed.append(passed_s()))

    def update(frame):
        seen.append(passed_s())
        line.set_data(range(frame), range(frame))
        if frame == 4:
            plt.close(figure)
        return (line,)

    kept = FuncAnimation(figure, update, interval=500, frames=100, repeat=False)
    assert seen == []
    plt.show()
    assert kept is not None
    assert seen[-4:] == [0.5, 1.0, 1.5, 2.0] or seen[-4:] == [1.0, 1.5, 2.0, 2.5], seen
    assert len(drawn) >= 4
    assert closed == [passed_s()] == [seen[-1]]


def pauses():
    plt.ion()
    figure, line = plotted()
    ticks = []
    timer = figure.canvas.new_timer(interval=450)
    timer.add_callback(lambda: ticks.append(passed_s()))
    timer.start()
    plt.show()  # In this mode it does not wait.
    assert passed_s() == 0
    for count in range(4):
        line.set_data(range(count), range(count))
        plt.pause(0.5)
    assert abs(passed_s() - 2) < 0.02, passed_s()
    timer.stop()
    figure.canvas.start_event_loop(1)
    assert ticks == [0.45, 0.9, 1.35, 1.8], ticks
    figure.canvas.draw_idle()
    figure.canvas.flush_events()
    plt.close("all")
    plt.pause(1)
    assert abs(passed_s() - 4) < 0.02, passed_s()


def thread():
    """A thread that works while the window is shown, and closes it."""
    figure, line = plotted()
    plt.show(block=False)
    assert passed_s() == 0

    def work():
        for count in range(3):
            time.sleep(1)
            line.set_data(range(count), range(count))
            figure.canvas.draw_idle()
        plt.close("all")

    threading.Thread(target=work).start()
    plt.show()
    assert passed_s() == 3


def ever():
    """Only a signal ends the wait."""
    matplotlib.use("TkAgg")
    plotted()
    threading.Timer(5, signal.raise_signal, (signal.SIGINT,)).start()
    try:
        plt.show()
    except KeyboardInterrupt:
        assert passed_s() == 5
    timer = plt.figure().canvas.new_timer(100)
    timer.add_callback(lambda: 1 / 0)  # A mistake is shown, and ends the timer.
    timer.start()
    threading.Timer(1, plt.close, ("all",)).start()
    plt.show(block=True)
    assert passed_s() == 6


def files():
    """A program that asks for no window has none."""
    matplotlib.use("Agg")
    plotted()
    plt.show()
    assert passed_s() == 0


def embedded():
    """A figure in a window of tkinter, whose main loop it is."""
    import tkinter

    from matplotlib.backends.backend_tkagg import FigureCanvasTkAgg

    matplotlib.use("TkAgg")
    root = tkinter.Tk()
    figure, line = plotted()
    canvas = FigureCanvasTkAgg(figure, master=root)
    canvas.get_tk_widget().pack()
    canvas.draw()
    seen = []

    def update(count):
        line.set_data(range(count), range(count))
        canvas.draw_idle()
        seen.append(passed_s())
        root.after(500, update, count + 1)

    update(1)
    root.after(1800, root.quit)
    root.mainloop()
    assert seen == [0, 0.5, 1, 1.5]
    assert passed_s() == 1.8


def nobody():
    plotted()
    plt.show()


globals()[sys.argv[1]]()
print("ok")
