"""Items that held others, or were held, and are freed by a rod or by a person's hand."""

from support.plant import FAST, Plant
from support.ride import LATER, LAYOUT, LOADED_S, SPEED_M_PER_S, gate_edges, near, ride

from controller import wire
from twin import Item, Layout, Scenario, faults, trace


def pushed(at_s, rod, push=True):
    return at_s, wire.Rod(number=rod, push=push)


def test_an_item_that_a_rod_takes_out_of_a_queue_and_gives_back_is_held_by_nobody():
    """The queue behind rod 3 goes on, and rod 2 takes an item of it and turns back at once."""
    plant = Plant(Scenario(layout=Layout(), items=(Item(item_class="raw"),) * 9))
    commands = [(0.0, wire.Conveyor(run=True)), pushed(0.0, 3)]
    for number in range(9):
        commands += [pushed(0.8 * number, 1), pushed(0.8 * number + 0.35, 1, push=False)]
    commands += [pushed(13.2, 3, push=False), pushed(13.3, 2), pushed(13.5, 2, push=False)]
    for at_s, command in commands:
        plant.command(at_s, command)
    plant.run(60.0)
    assert {record.rod for record in plant.all(trace.Taken)} == {2}
    assert len(plant.all(trace.Binned)) == 9


def test_an_item_that_a_person_takes_from_a_rod_rides_on_from_where_it_is_put():
    held_m = FAST.rods_m[0] - FAST.rod_head_m / 2 - 0.04  # Its nose is at the head of the rod, which is out.
    hand = faults.TakenOff(item=1, at_m=held_m, back_m=0.1, back_s=1.0, from_s=8.0, until_s=9.0)
    plant = Plant(Scenario(layout=LAYOUT, items=(Item(item_class="ripe"),), faults=(hand,)))
    plant.belt(0.0, True)
    plant.push(LOADED_S - 0.5, 1, 1.0)
    plant.push(1.0, 2, 8.5)
    plant.run(40.0)
    assert len(plant.all(trace.Held)) == 1
    assert plant.all(trace.Released) == []
    (binned,) = plant.all(trace.Binned)
    assert binned.t_s == near(9.0 + (LAYOUT.end_m - 0.1) / SPEED_M_PER_S)


def test_an_item_that_is_put_back_at_the_loader_meets_every_station_again():
    plant = ride(faults.TakenOff(item=1, at_m=0.7, back_m=0.0, back_s=3.0, **LATER))
    back_s = LOADED_S + 0.7 / SPEED_M_PER_S + 3.0
    assert [at_s for at_s, blocked in gate_edges(plant) if blocked][1:] == near([back_s + 0.46 / SPEED_M_PER_S])
    assert [record.t_s for record in plant.all(trace.Binned)] == near([back_s + LAYOUT.end_m / SPEED_M_PER_S])
