package v1_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/charmap"

	"kaskad/engine/access"
	"kaskad/engine/audience"
	"kaskad/engine/ids"
	"kaskad/engine/paging"
)

type stopPage = paging.Page[audience.Stop]

func addressesOf(p stopPage) string {
	var list []string
	for _, s := range p.Items {
		list = append(list, s.Address)
	}
	return strings.Join(list, " ")
}

func TestTheStopList(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	me := w.as(access.Operator)
	add := func(channel string, addresses ...string) audience.StopsAdded {
		return into[audience.StopsAdded](me.post("/stops", map[string]any{"addresses": addresses, "channel": channel, "reason": "Просит не звонить"}, 201))
	}
	out := add("", "8 (916) 123-45-67", "+79161234567", "vk.com/anna", "12", "x y")
	require.Len(t, out.Added, 2)
	require.Equal(t, 1, out.Already)
	require.Equal(t, []audience.StopRefused{
		{Index: 3, Address: "12", Code: "phone_too_short", Message: "The number has too few digits: write it in full, with its code."},
		{Index: 4, Address: "x y", Code: "phone_not_a_number", Message: "This is not a phone number: leave only its digits."}}, out.Refused)
	w.clock.move(time.Minute)
	sms := add("sms", "+79161234567", "+79031112233").Added
	w.db.Exec(`INSERT INTO stop_list (account, address, channel, reason, source, created_at)
		VALUES (1, '+79050000000', 'viber', 'spam', 'Распродажа / Предложение', now() + interval '1 hour')`)
	for query, want := range map[string]string{
		"channel=all":         "anna +79161234567",
		"channel=viber":       "+79050000000",
		"q=4567":              "+79161234567 +79161234567",
		"q=8%20903":           "+79031112233",
		"q=ann":               "anna",
		"reason=ПРОСИТ&q=ann": "anna",
		"source=распродажа":   "+79050000000",
	} {
		require.ElementsMatch(t, strings.Fields(want), strings.Fields(addressesOf(into[stopPage](me.get("/stops?"+query, 200)))), query)
	}
	page := into[stopPage](me.get("/stops?limit=1", 200))
	require.Equal(t, "Распродажа / Предложение", page.Items[0].Source)
	require.Empty(t, page.Items[0].AddedBy, "it was added by itself")
	n := 1
	for page.Next != "" {
		page = into[stopPage](me.get("/stops?limit=1&cursor="+page.Next, 200))
		n++
	}
	require.Equal(t, 5, n)
	require.Empty(t, into[stopPage](w.other.get("/stops", 200)).Items)
	w.sortsStops(me)
	w.other.delete("/stops/"+sms[0].String()+"?reason=x", 404).says("stop_not_found", "path.entry")

	me.delete("/stops/"+sms[0].String(), 422)
	me.delete("/stops/"+sms[0].String()+"?reason=%20", 422).says("removal_reason", "body.reason")
	me.delete("/stops/"+sms[0].String()+"?reason=Передумал", 204)
	require.Len(t, into[struct{ IDs []ids.ID }](me.post("/stops/remove", map[string]any{"ids": sms, "reason": "Передумали"}, 200)).IDs, 1)
	removed := into[stopPage](me.get("/stops?removed=true", 200)).Items
	require.Len(t, removed, 2)
	require.Contains(t, []string{"Передумал", "Передумали"}, removed[0].Because)
	require.Len(t, into[struct{ IDs []ids.ID }](me.post("/stops/restore", map[string]any{"ids": sms}, 200)).IDs, 2)
	require.Empty(t, into[stopPage](me.get("/stops?removed=true", 200)).Items)
	require.Equal(t, []string{"Передумал", "Передумали"}, w.db.Texts("SELECT change ->> 'reason' FROM audit WHERE what = 'stop.removed' ORDER BY id"))
	w.as(access.Analyst).post("/stops", map[string]any{"addresses": []string{"+79161234567"}, "reason": "x"}, 403)
}

// sortsStops reads the list in each order, in pages of two, and whole.
func (w *world) sortsStops(me *client) {
	w.Helper()
	byAddress := []string{"+79031112233", "+79050000000", "+79161234567", "+79161234567", "anna"}
	for sort, want := range map[string][]string{"address": byAddress, "-address": reversed(byAddress),
		"created_at":  {"+79161234567", "anna", "+79031112233", "+79161234567", "+79050000000"},
		"-created_at": {"+79050000000", "+79161234567", "+79031112233", "anna", "+79161234567"}} {
		page := into[stopPage](me.get("/stops?limit=2&sort="+sort, 200))
		require.EqualValues(w, 5, *page.Total, "all of them, not those of the page")
		got := strings.Fields(addressesOf(page))
		for page.Next != "" {
			page = into[stopPage](me.get("/stops?limit=2&sort="+sort+"&cursor="+page.Next, 200))
			require.Nil(w, page.Total)
			got = append(got, strings.Fields(addressesOf(page))...)
		}
		if strings.HasSuffix(sort, "address") {
			require.Equal(w, want, got, sort)
			continue
		}
		// Those of one instant come in the order of their ids, which are made by chance.
		require.ElementsMatch(w, want, got, sort)
		require.Equal(w, sort == "-created_at", got[0] == "+79050000000")
		require.Equal(w, sort == "created_at", got[4] == "+79050000000")
	}
	require.EqualValues(w, 1, *into[stopPage](me.get("/stops?q=ann", 200)).Total)
	require.EqualValues(w, 0, *into[stopPage](me.get("/stops?removed=true&sort=address", 200)).Total)
	cursor := into[stopPage](me.get("/stops?limit=1&sort=address", 200)).Next
	me.get("/stops?limit=1&sort=-address&cursor="+cursor, 422).says("bad_cursor", "query.cursor")
	me.get("/stops?sort=reason", 422).says("not_one_of", "query.sort")
}

func reversed(list []string) []string {
	list = slices.Clone(list)
	slices.Reverse(list)
	return list
}

const planHead = "АВС/ DEF;От;До;Емкость;Оператор;Регион;Территория ГАР;ИНН\n"

func TestTheNumberingPlan(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	admin := w.as(access.Admin).with("Content-Type", "text/csv")
	path := "/contacts/" + admin.with("Content-Type", "application/json").post("/contacts", map[string]any{"name": "Анна", "phone": "+79131234567"}, 201).made().String()
	land := "/contacts/" + w.owner.post("/contacts", map[string]any{"phone": "+73832001122"}, 201).made().String()
	none := "/contacts/" + w.owner.post("/contacts", map[string]any{"name": "Без телефона"}, 201).made().String()
	zone := func(path string) string {
		c := into[audience.Contact](w.owner.get(path, 200))
		return string(c.ZoneSource) + " " + c.LocalZone
	}
	require.Equal(t, "unknown Europe/Moscow", zone(path))
	require.Equal(t, "phone Asia/Novosibirsk", zone(land))
	require.Equal(t, "account Europe/Moscow", zone(none))
	admin.get("/numbering-plan", 404).says("no_numbering_plan", "")
	text := planHead + "913;0000000;4999999;5000000;ПАО \"МТС\";Новосибирская обл.;;\n913;5000000;5999999;1000000;Оператор;Атлантида;;\n"
	file, err := charmap.Windows1251.NewEncoder().String(text)
	require.NoError(t, err)
	info := into[audience.PlanInfo](admin.put("/numbering-plan?name=DEF-9xx.csv", file, 200))
	require.Equal(t, []any{"DEF-9xx.csv", 2, 1, 1, []string{"Атлантида"}}, []any{info.Name, info.Rows, info.Zoned, info.Ranges, info.Unknown})
	require.Equal(t, "plan Asia/Novosibirsk", zone(path))
	admin.put("/numbering-plan", planHead+"913;0000000;4999999;5000000;МТС;Омская обл.;;\n", 200)
	require.Equal(t, "plan Asia/Omsk", zone(path), "it takes the place of the one before")
	require.Equal(t, 1, into[audience.PlanInfo](admin.get("/numbering-plan", 200)).Rows)
	require.Contains(t, admin.put("/numbering-plan", planHead+"x;1;2;3;4;5;6;7\n", 422).says("plan_bad_plan", "body").Detail, "Line 2")
	admin.put("/numbering-plan", planHead+"913;0000000;4999999;1;М;Омская обл.;;\n913;4000000;5999999;1;М;Томская обл.;;\n", 422).says("plan_overlap", "body")
	admin.put("/numbering-plan", "", 422).says("plan_empty_file", "body")
	admin.put("/numbering-plan", planHead, 422).says("plan_empty_file", "body")
	require.Equal(t, "plan Asia/Omsk", zone(path), "what is refused changes nothing")
	w.other.get("/numbering-plan", 404)
	w.as(access.Marketer).with("Content-Type", "text/csv").put("/numbering-plan", file, 403)
	admin.delete("/numbering-plan", 204)
	require.Equal(t, "unknown Europe/Moscow", zone(path))
}
