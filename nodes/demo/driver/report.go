package driver

import (
	"context"
	"strconv"
	"time"

	"kaskad/engine/channel"
	"kaskad/nodes/demo"
)

const (
	firstPause = 50 * time.Millisecond
	mostPause  = 5 * time.Second
)

// report is one reporter: it hands the inbox what is due until the driver closes.
func (d *Driver) report(n int) {
	var batch, again []entry
	var reports []channel.Report
	for {
		var ok bool
		if batch, ok = d.plan.take(n, batch[:0], again, d.o.ReportBatch); !ok {
			return
		}
		reports, again = d.reports(batch, reports[:0], again[:0])
		if !d.deliver(reports) {
			return // they are under way for ever: the mark does not pass them
		}
	}
}

// deliver goes on until the inbox takes the reports; false: the driver closed first.
func (d *Driver) deliver(reports []channel.Report) bool {
	pause := firstPause
	for {
		err := d.o.Inbox.Receive(d.ctx, reports)
		if err == nil {
			d.stats.reports.Add(uint64(len(reports)))
			return true
		}
		if d.ctx.Err() != nil {
			return false
		}
		d.stats.retries.Add(1)
		d.o.Log.Warn("demo: reports were not taken", "reports", len(reports), "pause", pause, "error", err)
		if !d.sleep(d.ctx, pause) {
			return false
		}
		pause = min(2*pause, mostPause)
	}
}

// reports makes the reports of entries, and appends the messages' next events to again.
func (d *Driver) reports(batch []entry, reports []channel.Report, again []entry) ([]channel.Report, []entry) {
	groups := d.plan.known()
	var fate demo.Fate
	for i := range batch {
		e := &batch[i]
		g := groups[e.group]
		r := demo.Request{Key: channel.Key{Account: g.account, Campaign: g.campaign, Ordinal: e.ordinal, Node: e.node,
			Attempt: e.attempt}, Part: e.part, Asking: e.asking, Traits: e.traits}
		d.actor.Fate(&r, &fate)
		now := &fate.Events[e.event]
		reports = append(reports, d.word(&r, now, e.due))
		if next := int(e.event) + 1; next < fate.Count {
			following := *e
			following.event++
			following.due += fate.Events[next].After.Microseconds() - now.After.Microseconds()
			again = append(again, following)
		}
	}
	return reports, again
}

// word is the report of one event.
func (d *Driver) word(r *demo.Request, e *demo.Event, due int64) channel.Report {
	report := channel.Report{Account: r.Key.Account, Connection: d.o.Connection, Fact: e.Fact, Value: e.Value,
		Scope: e.Scope, At: time.UnixMicro(due).UTC()}
	if d.o.Profile.ByKey {
		report.Key = r.Key
	} else {
		report.ProviderID = d.actor.ProviderID(&r.Key, r.Asking)
	}
	if e.Unique {
		report.Unique = d.actor.ProviderID(&r.Key, r.Asking) + "-" + strconv.FormatUint(uint64(e.Fact), 10)
	}
	return report
}

// reportEarly reports the first facts of a call's messages before the call is answered. Those that the inbox does not
// take then are reported like all others.
func (d *Driver) reportEarly(ctx context.Context, c *call) {
	reports, next := d.reports(c.early, nil, nil)
	if err := d.o.Inbox.Receive(ctx, reports); err != nil {
		c.later = append(c.later, c.early...)
		return
	}
	d.stats.reports.Add(uint64(len(reports)))
	c.later = append(c.later, next...)
}
