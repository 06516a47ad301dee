package main

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaskad/engine/run"
	"kaskad/engine/store"
)

// TestTheBarIsFullOnlyAtTheEnd: neither the figure nor the bar rounds up to a whole while somebody is open.
func TestTheBarIsFullOnlyAtTheEnd(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	bar := &progress{w: speak("ru"), lang: "ru", out: &out, began: time.Now().Add(-100 * time.Second)}
	bar.show(store.CampaignInfo{Recipients: 9500, Open: 9500}, run.Figures{})
	require.Contains(t, out.String(), "  0%  закончили 0 из 9500")
	require.Contains(t, out.String(), "осталось: пока неизвестно")
	out.Reset()
	bar.show(store.CampaignInfo{Recipients: 9500, Open: 4750}, run.Figures{})
	require.Regexp(t, `осталось: 1 мин 4\d с`, out.String())
	out.Reset()
	bar.show(store.CampaignInfo{Recipients: 9500, Open: 1}, run.Figures{})
	require.Contains(t, out.String(), "░  99%  закончили 9499 из 9500")
	out.Reset()
	bar.show(store.CampaignInfo{Recipients: 9500}, run.Figures{})
	require.Contains(t, out.String(), "█ 100%  закончили 9500 из 9500")
}
