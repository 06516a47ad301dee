package sim

import (
	"time"

	"kaskad/engine/channel"
)

// A process freezes with messages in its dispatcher until another one has taken its segments over, has asked for the messages and
// has handed them over; then that one loses the segments before the answers are stored, and the first one wakes, with what it
// knows of them.

// stick freezes the process that is about to send something, for longer than another one needs.
func (v *provider) stick(p *process, list []channel.Message) {
	if !chance(v.w.dice("stick", p.name, list[0].Key, v.w.now()), v.w.plan.stuck) {
		return
	}
	d := v.w.dice("stuck", p.name, list[0].Key)
	p.freeze(between(d, 11*time.Second, 30*time.Second))
	v.w.count("stuck")
	v.mu.Lock()
	defer v.mu.Unlock()
	for i := range list {
		v.stuck[list[i].Key] = p
	}
}

// relayed is told that the provider took a message. Where somebody else froze with it, who sends it now may die before it hears
// the answer, or never get one, and the other one may wake; true: there is no answer.
func (v *provider) relayed(p *process, key channel.Key) bool {
	first := v.stuck[key]
	if first == nil || first == p || !first.alive() {
		return false
	}
	delete(v.stuck, key)
	v.w.count("relayed")
	d := v.w.dice("relayed", key)
	switch d.IntN(5) {
	case 0:
		return false
	case 1, 2:
		p.die("the provider took " + key.String())
		first.thawSoon(between(d, time.Microsecond, time.Second))
	default:
		first.thawSoon(between(d, time.Microsecond, 8*time.Second))
	}
	return true
}
