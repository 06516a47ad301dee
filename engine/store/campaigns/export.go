package campaigns

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"kaskad/engine"
	"kaskad/engine/access"
	"kaskad/engine/audience"
	"kaskad/engine/campaign"
	"kaskad/engine/fault"
	"kaskad/engine/ids"
	"kaskad/engine/report/trace"
	"kaskad/engine/store/accounts"
	"kaskad/engine/store/tasks"
	"kaskad/engine/task"
)

// ExportTask is the kind of the task that writes recipients into a file.
const ExportTask task.Kind = "recipients_export"

// The pages of an export: how many recipients a statement passes at the most, whether they are wanted or not, and gives.
const (
	exportSpan = 100_000
	exportRows = 5_000
)

// exported is what the task is told.
type exported struct {
	campaign.PeopleExport
	Language audience.Lang `json:"language"`
}

// form is how the file is written.
func (e *exported) form() *audience.ExportOrder {
	return &audience.ExportOrder{What: audience.ExportContacts, Columns: []string{"phone"}, Format: audience.Format(e.Format),
		Encoding: e.Encoding, Separator: e.Separator}
}

// Export starts the task that writes a campaign's recipients into a file; lang is the language of its words.
func (s *Store) Export(ctx context.Context, actor access.Actor, id ids.ID, o campaign.PeopleExport, lang audience.Lang) (task.Task, error) {
	e := &exported{o, lang}
	form := e.form()
	if err := form.Check(nil); err != nil {
		return task.Task{}, err
	}
	c, err := s.Get(ctx, actor.Account, id)
	if err != nil {
		return task.Task{}, err
	}
	if _, err := s.chosen(ctx, actor.Account, id, o.Query()); err != nil {
		if f, ok := errors.AsType[*fault.Error](err); ok && f.Field == "query.node" {
			moved := *f
			moved.Field = "body.node"
			err = &moved
		}
		return task.Task{}, err
	}
	var t task.Task
	err = pgx.BeginFunc(ctx, s.desk, func(tx pgx.Tx) (err error) {
		t, err = s.Tasks.Start(ctx, tx, actor, task.Order{Kind: ExportTask, Name: c.Name, Object: id, Reads: string(access.ReadReports),
			Writes: string(access.ReadReports), Args: e})
		if err != nil {
			return err
		}
		return accounts.Audit(ctx, tx, actor, "campaign.exported", "campaign", id, o)
	})
	return t, err
}

// RunExport is the work of the task. An export changes nothing, so that one whose process died begins anew.
func (s *Store) RunExport(ctx context.Context, r *tasks.Run) (any, error) {
	var e exported
	if err := r.Args(&e); err != nil {
		return nil, err
	}
	form := e.form()
	if err := form.Check(nil); err != nil {
		return nil, err
	}
	x := &export{s: s, r: r, say: trace.Speak(string(e.Language))}
	file, err := r.Create(ctx, "recipients-"+r.Object().String()+"."+string(form.Format), form.MediaType())
	if err != nil {
		return nil, err
	}
	if err = x.write(ctx, &e, form, file); err == nil {
		err = file.Close()
	}
	if err != nil {
		file.Abort()
	}
	return campaign.PeopleExported{Rows: x.rows}, err
}

// export is one at work.
type export struct {
	s    *Store
	r    *tasks.Run
	say  trace.Speech
	out  audience.TableWriter
	rows int64
}

func (x *export) write(ctx context.Context, e *exported, form *audience.ExportOrder, file io.Writer) error {
	who, err := x.s.chosen(ctx, x.r.Account(), x.r.Object(), e.Query())
	if err != nil {
		return err
	}
	if form.Format == audience.FormatXLSX {
		x.out, err = audience.NewXLSX(file, "Recipients")
	} else {
		separator, _ := utf8.DecodeRuneInString(form.Separator)
		x.out, err = audience.NewCSV(file, form.Encoding, separator)
	}
	if err != nil {
		return err
	}
	if who == nil {
		err = x.out.Write(campaign.PeopleHeader(&engine.Program{}, string(e.Language)))
	} else if err = x.out.Write(campaign.PeopleHeader(who.program, string(e.Language))); err == nil {
		err = x.all(ctx, who)
	}
	if err != nil {
		_ = x.out.Close() // for the files that it has on the disk
		return err
	}
	return x.out.Close()
}

// all goes over the campaign by the recipients' numbers, so that no statement lasts: not where few of many are wanted either.
func (x *export) all(ctx context.Context, who *chosen) error {
	total := who.campaign.Recipients
	for after := int64(-1); after < total-1; {
		below := min(after+1+exportSpan, total)
		list, err := x.s.people(ctx, who, after, below, exportRows)
		if err != nil {
			return err
		}
		if err := x.page(ctx, who, list); err != nil {
			return err
		}
		if after = below - 1; len(list) == exportRows {
			after = list[len(list)-1].Number
		}
		x.r.Progress("writing", after+1, total)
	}
	return nil
}

func (x *export) page(ctx context.Context, who *chosen, list []campaign.Person) error {
	if len(list) == 0 {
		return nil
	}
	numbers := make([]int64, len(list))
	for i := range list {
		numbers[i] = list[i].Number
	}
	rows, err := x.s.desk.Query(ctx, x.s.q.Get("block_statuses"), int64(who.account), int64(who.id), numbers)
	if err != nil {
		return fmt.Errorf("campaigns: statuses: %w", err)
	}
	blocks := make(map[int64]map[int16]campaign.BlockStatus, len(list))
	var number int64
	var node int16
	var facts int32
	var reason string
	var left *time.Time
	_, err = pgx.ForEachRow(rows, []any{&number, &node, &facts, &reason, &left}, func() error {
		if blocks[number] == nil {
			blocks[number] = map[int16]campaign.BlockStatus{}
		}
		status := campaign.BlockStatus{Facts: engine.Facts(facts), Reason: reason}
		if left != nil {
			status.Left = *left
		}
		blocks[number][node] = status
		return nil
	})
	if err != nil {
		return fmt.Errorf("campaigns: statuses: %w", err)
	}
	for i := range list {
		if err := x.out.Write(campaign.PeopleCells(who.program, &list[i], blocks[list[i].Number], x.say)); err != nil {
			return err
		}
		x.rows++
	}
	return nil
}
