package engine

import "time"

// Hasten gives the program with every decision time, delay, redial interval and winner's wait n times shorter, for
// demonstrations: an hour passes in a second with n = 3600. Windows and the campaign's start and end stay as they are.
func (p *Program) Hasten(n int) *Program {
	if n <= 1 {
		return p
	}
	fast := *p
	fast.Nodes = append([]Node(nil), p.Nodes...)
	by := time.Duration(n)
	for i := range fast.Nodes {
		switch b := fast.Nodes[i].Block.(type) {
		case *Message:
			m := *b
			m.Decision, m.Interval = max(b.Decision/by, time.Millisecond), max(b.Interval/by, time.Millisecond)
			fast.Nodes[i].Block = &m
		case *Wait:
			fast.Nodes[i].Block = &Wait{Until: func(entered time.Time, zone *time.Location) time.Time {
				return entered.Add(b.Until(entered, zone).Sub(entered) / by)
			}}
		case *Split:
			if b.Winner != nil {
				s, w := *b, *b.Winner
				w.Wait /= by
				s.Winner = &w
				fast.Nodes[i].Block = &s
			}
		}
	}
	return &fast
}
