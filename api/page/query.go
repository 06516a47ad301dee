package page

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

const (
	pageSize  = 20
	maxSearch = 200 // bytes
	// DefaultSort is the order of a list for which none was asked.
	DefaultSort = "running"
)

// Sorts are the orders that the list can have.
func Sorts() []string {
	return []string{DefaultSort, "newest", "name", "recipients", "open", "progress", "speed"}
}

// Query is what a visitor asks to see. The zero Query is the list as it is first shown.
type Query struct {
	Search string
	Sort   string
	Page   int // from 1
	Chosen Key // campaign whose blocks are shown; zero: the first of the list
	Lang   string
}

// ReadQuery reads a query. What is wrong or too long in it counts as not given: a page has nobody to complain to.
func ReadQuery(values url.Values) Query {
	q := Query{Search: strings.ToValidUTF8(strings.TrimSpace(values.Get("q")), ""), Sort: values.Get("sort"), Page: 1,
		Lang: values.Get("lang")}
	if len(q.Search) > maxSearch {
		q.Search = strings.ToValidUTF8(q.Search[:maxSearch], "")
	}
	if !slices.Contains(Sorts(), q.Sort) {
		q.Sort = DefaultSort
	}
	if n, err := strconv.Atoi(values.Get("page")); err == nil && n > 1 {
		q.Page = n
	}
	if !slices.Contains(Languages(), q.Lang) {
		q.Lang = ""
	}
	account, campaign, _ := strings.Cut(values.Get("campaign"), "-")
	a, errA := strconv.ParseInt(account, 10, 64)
	c, errC := strconv.ParseInt(campaign, 10, 64)
	if errA == nil && errC == nil {
		q.Chosen = Key{a, c}
	}
	return q
}

// address is the query as a link, without what is as usual.
func (q Query) address(path string) string {
	values := url.Values{}
	set := func(name, value string, usual bool) {
		if !usual {
			values.Set(name, value)
		}
	}
	set("q", q.Search, q.Search == "")
	set("sort", q.Sort, q.Sort == "" || q.Sort == DefaultSort)
	set("page", strconv.Itoa(q.Page), q.Page <= 1)
	set("campaign", q.Chosen.String(), q.Chosen == Key{})
	set("lang", q.Lang, q.Lang == "")
	if len(values) == 0 {
		return path
	}
	return path + "?" + values.Encode()
}

// String writes a key as it stands in addresses.
func (k Key) String() string {
	return strconv.FormatInt(k.Account, 10) + "-" + strconv.FormatInt(k.Campaign, 10)
}

// pick gives the campaigns that a query asks for, in its order: of its page, how many there are in all, and the number
// of the page and of pages.
func (q Query) pick(list []Campaign, speeds map[Key]Speed) (shown []Campaign, found, number, pages int) {
	search := strings.ToLower(q.Search)
	all := make([]Campaign, 0, len(list))
	for i := range list {
		c := &list[i]
		if search == "" || strings.Contains(strings.ToLower(c.Name), search) ||
			strconv.FormatInt(c.Key.Campaign, 10) == search {
			all = append(all, *c)
		}
	}
	slices.SortStableFunc(all, func(a, b Campaign) int {
		return cmp.Or(q.compare(&a, &b, speeds), b.Start.Compare(a.Start), cmp.Compare(b.Key.Campaign, a.Key.Campaign),
			cmp.Compare(b.Key.Account, a.Key.Account))
	})
	pages = max((len(all)+pageSize-1)/pageSize, 1)
	number = min(max(q.Page, 1), pages)
	from := (number - 1) * pageSize
	return all[from:min(from+pageSize, len(all))], len(all), number, pages
}

func (q Query) compare(a, b *Campaign, speeds map[Key]Speed) int {
	switch q.Sort {
	case "name":
		return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name))
	case "recipients":
		return cmp.Compare(b.Recipients, a.Recipients)
	case "open":
		return cmp.Compare(b.Open(), a.Open())
	case "progress":
		return cmp.Compare(a.progress(), b.progress())
	case "speed":
		return cmp.Compare(speeds[b.Key].Sent, speeds[a.Key].Sent)
	case "newest":
		return 0
	}
	return cmp.Compare(urgency(a.State), urgency(b.State))
}

// urgency puts what moves before what does not.
func urgency(state string) int {
	switch state {
	case "running":
		return 0
	case "paused":
		return 1
	case "scheduled":
		return 2
	}
	return 3
}
