package run

import "time"

// pace keeps to a number of messages a second: in no second that one could choose are there more.
type pace struct {
	perSecond int // 0: no limit
	spent     []spending
	sum       int
}

type spending struct {
	at time.Time
	n  int
}

// room is how many messages may go now; with 0, until is when there is room again.
func (p *pace) room(now time.Time) (n int, until time.Time) {
	if p.perSecond <= 0 {
		return int(^uint(0) >> 1), time.Time{}
	}
	gone := 0
	for gone < len(p.spent) && now.Sub(p.spent[gone].at) >= time.Second {
		p.sum -= p.spent[gone].n
		gone++
	}
	p.spent = p.spent[gone:]
	if p.sum < p.perSecond {
		return p.perSecond - p.sum, time.Time{}
	}
	return 0, p.spent[0].at.Add(time.Second)
}

func (p *pace) spend(now time.Time, n int) {
	if p.perSecond > 0 && n > 0 {
		p.spent = append(p.spent, spending{at: now, n: n})
		p.sum += n
	}
}
