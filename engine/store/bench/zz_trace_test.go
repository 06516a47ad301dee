package bench

import (
	"fmt"
	"time"
	"context"
	"strings"
)

func (w *world) trace(x *works, stop chan struct{}) {
	db := w.connect(w.url)
	defer db.Close(context.Background())
	hist := map[string]int{}
	t := time.NewTicker(10*time.Millisecond)
	began := time.Now()
	last := time.Now()
	for {
		select {
		case <-stop:
			fmt.Println("ACTIVE SAMPLES")
			for k, v := range hist { fmt.Println(v, k) }
			return
		case <-t.C:
		}
		rows, _ := db.Query(w.Context(), "select coalesce(wait_event,'cpu'), left(regexp_replace(query,'\\s+',' ','g'),70) from pg_stat_activity where state='active' and pid<>pg_backend_pid() and backend_type='client backend'")
		for rows.Next() { var a, b string; rows.Scan(&a,&b); hist[strings.Join([]string{a,b}," | ")]++ }
		rows.Close()
		if time.Since(last) > time.Second {
			last = time.Now()
			f := x.runtime.Figures()
			fmt.Printf("%.0fs held %d batches %d recips %d msgs %d events %d lost %d waiting %d %+v\n", time.Since(began).Seconds(), f.Held, f.Batches, f.Recipients, f.Messages, f.Events, f.Lost, f.Waiting, f.Connections)
		}
	}
}
