"""A window of tkinter where there is no screen: its timers, variables and events, and what nobody clicks."""

import threading
import time
import tkinter as tk
from tkinter import font, messagebox, ttk

root = tk.Tk()
root.title("line")
root.geometry(f"400x300+{root.winfo_screenwidth() // 2}+0")
began = time.monotonic()
seen = []


def note(what):
    seen.append((what, round(time.monotonic() - began, 2)))


count = tk.IntVar(value=3)
count.trace_add("write", lambda *_: note(f"count {count.get()}"))
name = tk.StringVar()
entry = ttk.Entry(root, textvariable=name)
entry.pack()
field = tk.Entry(root)
field.insert(0, "127.0.0.1")
field.grid(row=0, column=1)
assert field.get() == "127.0.0.1"
name.set("bb")
assert entry.get() == "bb"
label = tk.Label(root, text="ripe")
label.config(text="raw")
label["bg"] = "green"
assert label.cget("text") == label["text"] == "raw"
canvas = tk.Canvas(root, width=200)
one, other = canvas.create_oval(0, 0, 10, 10, fill="red"), canvas.create_text(5, 5, text="1")
canvas.move(one, 5, 1)
assert one != other
assert canvas.coords(one) == [5, 1, 15, 11]
table = ttk.Treeview(root, columns=("class",))
assert table.insert("", "end", values=("ripe",)) != table.insert("", "end", values=("raw",))
assert {"text", "font", "bg"} <= set(label.configure())
assert font.Font(family="Arial", size=12).measure("ripe") > 0
assert ttk.Style().theme_use() in ttk.Style().theme_names()
button = ttk.Button(root, text="start", command=lambda: note("invoked"))

root.after(500, note, "after")
cancelled = root.after(400, note, "cancelled")
root.after_cancel(cancelled)
root.after_idle(button.invoke)
root.bind("<<Picture>>", lambda event: note(f"event in {event.widget is root}"))


def work():
    time.sleep(0.7)
    root.event_generate("<<Picture>>", when="tail")
    count.set(4)
    time.sleep(0.3)
    root.after(0, root.quit)


def tick(left):
    if left:
        root.after(250, tick, left - 1)
    note(f"tick {left}")


tick(3)
threading.Thread(target=work).start()
root.mainloop()
ended_s = time.monotonic() - began
assert abs(ended_s - 1.0) < 0.01, ended_s
assert seen == [
    ("tick 3", 0.0), ("invoked", 0.0), ("tick 2", 0.25), ("after", 0.5), ("tick 1", 0.5), ("count 4", 0.7),
    ("event in True", 0.7), ("tick 0", 0.75),
], seen  # fmt: skip

# A loop of the program's own, as many programs have.
root.after(200, note, "updated")
until = time.monotonic() + 0.5
while time.monotonic() < until:
    root.update()
assert seen[-1][0] == "updated"
assert abs(seen[-1][1] - ended_s - 0.2) < 0.02, seen[-1]

# A main loop within another, as libraries for forms have it, and a wait for a variable.
began_s = time.monotonic()
root.after(100, root.quit)
root.mainloop()
ready = tk.BooleanVar()
root.after(100, ready.set, True)
root.wait_variable(ready)
assert abs(time.monotonic() - began_s - 0.2) < 0.01, time.monotonic() - began_s

# Nobody answers a question, but everything else goes on; the last window's end ends the main loop.
root.after(100, root.destroy)
threading.Thread(target=lambda: messagebox.askyesno("line", "again?", parent=None), daemon=True).start()
root.mainloop()
print("ok")
