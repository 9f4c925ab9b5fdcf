"""What widgets of tkinter hold, read back by the program. All of it is the same on a real screen."""

import sys
import tkinter as tk
from tkinter import font, ttk

root = tk.Tk()
seen = []


def fails(function, *words):
    """What tkinter says to a mistake."""
    try:
        function(*words)
    except tk.TclError as error:
        return str(error)
    return "nothing"


def after():
    done = root.after(10, seen.append, "called")
    assert done in root.tk.call("after", "info")
    root.after(50, root.quit)
    root.mainloop()
    assert seen == ["called"]
    root.after_cancel(done)  # It has run: nothing to cancel.
    root.after_cancel("after#999")
    assert fails(root.tk.call, "after", "info", done) == f'event "{done}" doesn\'t exist'
    assert root.tk.splitlist(root.tk.call("after", "info")) == ()
    assert fails(root.after, 500.0, print) == 'bad argument "500.0": must be cancel, idle, info, or an integer'
    root.after_cancel(root.after("500", print))


def scales():
    speed = tk.Scale(root, from_=0, to=1, resolution=0.1, command=seen.append)
    speed.pack()
    root.update()
    speed.set(0.8)
    assert speed.get() == 0.8
    root.update()
    assert seen == ["0.8"], seen
    speed.set(7)
    assert speed.get() == 1.0
    count = tk.IntVar()
    whole = tk.Scale(root, from_=10, to=100, variable=count)
    assert (whole.get(), count.get()) == (10, 10)
    whole.set(20)
    assert (whole.get(), count.get()) == (20, 20)
    count.set(30)
    assert whole.get() == 30
    commands = []
    level = tk.DoubleVar(value=2)
    smooth = ttk.Scale(root, from_=1, to=5, variable=level, command=commands.append)
    assert smooth.get() == 2
    smooth.set(2.5)
    assert smooth.get() == level.get() == smooth["value"] == 2.5
    smooth.set(9)
    assert commands == ["2.5", "5.0"]
    bar = ttk.Progressbar(root, maximum=50)
    bar["value"] = 20
    bar.step(5)
    assert bar["value"] == 25


def fields():
    name = tk.StringVar(value="ab")
    entry = tk.Entry(root, textvariable=name)
    entry.insert("end", "ef")
    entry.insert(2, "cd")
    assert entry.get() == name.get() == "abcdef"
    entry.delete(1)
    entry.delete(2, tk.END)
    assert entry.get() == name.get() == "ac"
    name.set("new")
    assert (entry.get(), entry.index("end")) == ("new", 3)
    assert fails(entry.insert, "nowhere", "x") == 'bad entry index "nowhere"'
    entry.config(state="readonly")
    entry.insert(0, "not ")
    assert entry.get() == "new"
    assert (entry["state"], tk.Button(root)["state"]) == ("readonly", "normal")
    number = tk.IntVar(value=3)
    field = ttk.Entry(root, textvariable=number)
    assert field.get() == "3"
    field.delete(0, tk.END)
    assert fails(number.get) == 'expected floating-point number but got ""'
    field.insert(0, "3.7")
    assert number.get() == 3
    assert tk.Label(root, textvariable=number)["text"] in ("3.7", 3.7)


def spinners():
    first = tk.Spinbox(root, from_=1, to=10)
    assert (first.get(), ttk.Spinbox(root, from_=1, to=10).get()) == ("1", "")
    first.delete(0, "end")
    first.insert(0, 5)
    assert first.get() == "5"
    assert tk.Spinbox(root, from_=0.5, to=1, increment=0.05).get() == "0.50"
    assert tk.Spinbox(root, values=("ripe", "raw")).get() == "ripe"
    chosen = tk.StringVar(value="4")
    assert tk.Spinbox(root, from_=1, to=5, textvariable=chosen).get() == "4"


def switches():
    on = tk.StringVar(value="no")
    check = tk.Checkbutton(root, variable=on, onvalue="yes", offvalue="no", command=lambda: seen.append(on.get()))
    check.select()
    assert on.get() == "yes"
    check.toggle()
    check.invoke()
    assert seen == ["yes"]
    check.deselect()
    assert on.get() == "no"
    check.config(state="disabled")
    check.invoke()
    assert on.get() == "no"
    flag = tk.BooleanVar()
    other = ttk.Checkbutton(root, variable=flag)
    other.invoke()
    assert flag.get() is True
    assert other.instate(["selected"])
    other.state(["disabled"])
    other.invoke()
    assert flag.get() is True
    bin_of = tk.IntVar(value=1)
    one, two = (tk.Radiobutton(root, variable=bin_of, value=value) for value in (1, 2))
    two.invoke()
    assert bin_of.get() == 2
    one.select()
    assert bin_of.get() == 1
    ttk.Radiobutton(root, variable=bin_of, value=3, command=lambda: seen.append(bin_of.get())).invoke()
    assert seen == ["yes", 3]


def choices():
    box = ttk.Combobox(root, values=("ripe", "half ripe", "it's {raw}"), state="readonly")
    assert (box.current(), box.get()) == (-1, "")
    box.current(1)
    assert (box.current(), box.get(), box["values"][1]) == (1, "half ripe", "half ripe")
    box.set("none")
    assert (box.current(), box.get()) == (-1, "none")
    assert fails(box.current, 9) == "Index 9 out of range"
    box.current(2)
    assert box.get() == "it's {raw}"


def lists():
    rows = tk.Listbox(root)
    rows.insert(tk.END, "a", "b")
    rows.insert(0, "first one")
    assert (rows.size(), rows.get(0, tk.END), rows.get(1), rows.get(tk.END)) == (3, ("first one", "a", "b"), "a", "b")
    rows.selection_set(1)
    assert (rows.curselection(), rows.get(rows.curselection())) == ((1,), "a")
    rows.delete(0)
    assert (rows.curselection(), rows.get(0, tk.END), rows.get(7)) == ((0,), ("a", "b"), "")
    rows.delete(0, tk.END)
    assert (rows.size(), rows.curselection(), rows.get(0, tk.END)) == (0, (), ())
    shared = tk.StringVar(value=["a b", "c"])
    watched = tk.Listbox(root, listvariable=shared)
    watched.insert(tk.END, "d e")
    assert watched.get(0, tk.END) == ("a b", "c", "d e")
    shared.set("p q")
    assert watched.get(0, tk.END) == ("p", "q")


def pages():
    log = tk.Text(root)
    log.insert(tk.END, "one\ntwo\n", "tag")
    assert (log.index("insert"), log.index("end"), log.get("1.0", "end-1c")) == ("3.0", "4.0", "one\ntwo\n")
    assert (log.get("2.0", "2.end"), log.get("1.0", tk.END), log.get("end - 2 lines", "end")) == (
        "two", "one\ntwo\n\n", "two\n\n",
    )  # fmt: skip
    log.delete("1.0", "2.0")
    log.mark_set("insert", "1.1")
    log.insert("insert", "XX")
    assert (log.get("1.0", "end-1c"), log.index("insert"), log.index("insert lineend")) == ("tXXwo\n", "1.3", "1.5")
    assert (log.index("insert + 1 lines"), log.index("9.9"), log.index("insert+2c")) == ("2.0", "3.0", "1.5")
    log.config(state="disabled")
    log.insert(tk.END, "unseen")
    log.config(state="normal")
    log.delete("end-1c linestart", tk.END)
    assert log.get("1.0", tk.END) == "tXXwo\n"
    log.replace("1.0", "1.3", "AB")
    assert log.get(1.0, tk.END) == "ABwo\n"
    assert fails(log.get, "sel.first", "sel.last") == 'text doesn\'t contain any characters tagged with "sel"'
    log.delete(1.0, tk.END)
    assert (log.get(1.0, tk.END), log.index(tk.END)) == ("\n", "2.0")


def tables():
    table = ttk.Treeview(root, columns=("class", "bin"))
    one = table.insert("", tk.END, text="1", values=("half ripe", 3))
    assert table.insert("", 0, iid="mine") == "mine"
    assert table.get_children() == ("mine", one)
    assert (table.item(one)["values"], table.set(one, "class")) == (["half ripe", 3], "half ripe")
    table.set(one, "class", "raw")
    assert table.item(one, "values")[0] == "raw"
    table.selection_set(one)
    assert (table.selection(), table.index(one), table.exists("other")) == ((one,), 1, False)
    table.delete(*table.get_children())
    assert (table.get_children(), table.selection()) == ((), ())
    assert fails(table.item, one) == f"Item {one} not found"


def drawings():
    canvas = tk.Canvas(root)
    lamp = canvas.create_oval(0, 0, 10, 10, fill="red", tags="lamp")
    canvas.itemconfig("lamp", fill="green")
    canvas.move("lamp", 5, 1)
    assert (canvas.itemcget(lamp, "fill"), canvas.coords(lamp)) == ("green", [5, 1, 15, 11])
    assert (canvas.find_withtag("lamp"), canvas.type(lamp)) == ((lamp,), "oval")
    canvas.delete("all")
    assert (canvas.find_all(), canvas.coords(lamp)) == ((), [])


def measures():
    some = font.Font(family="Arial", size=12)
    assert some.metrics("linespace") == some.metrics()["linespace"] > 0
    assert some.actual("underline") == some.actual()["underline"] == 0
    assert root.grid_size() == (0, 0)
    log = tk.Text(root, height=5)
    log.pack()
    root.update()
    log.yview(tk.END)
    assert log.yview() == tk.Entry(root).xview() == (0, 1)


globals()[sys.argv[1]]()
print("ok")
