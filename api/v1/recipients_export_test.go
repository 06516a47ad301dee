package v1_test

import (
	"bytes"
	"encoding/csv"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	"kaskad/engine/access"
	"kaskad/engine/campaign"
	"kaskad/engine/task"
)

// recipientsFile exports recipients and gives the rows, with the header.
func (c *client) recipientsFile(path string, order object) [][]string {
	c.Helper()
	t := c.ended(into[task.Task](c.post(path+"/recipients/export", order, 202)).ID)
	require.Equal(c, task.Done, t.State, "%+v", t)
	require.Len(c, t.Files, 1)
	file := c.get("/tasks/"+t.ID.String()+"/files/"+t.Files[0].Name, 200).body
	if order["format"] == "xlsx" {
		book, err := excelize.OpenReader(bytes.NewReader(file))
		require.NoError(c, err)
		rows, err := book.GetRows("Recipients")
		require.NoError(c, err)
		return rows
	}
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(file, []byte("\ufeff"))))
	r.Comma = ';'
	rows, err := r.ReadAll()
	require.NoError(c, err)
	return rows
}

// TestRecipientsAreExported with where they stand and what came of each block.
func TestRecipientsAreExported(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const n = 12_000 // several pages of two segments
	w.somebody(n)
	c := w.as(access.Marketer)
	made := into[campaign.Campaign](c.post("/campaigns", object{"name": "Весна", "version": w.version(mine)}, 201))
	path := "/campaigns/" + made.ID.String()
	require.Len(t, c.recipientsFile(path, object{}), 1, "a draft has nobody")
	c.ended(into[campaign.Campaign](c.post(path+"/launch", nil, 202)).Task)
	id := int64(made.ID)
	// Number 0 was sent to in Viber, which was not delivered, and clicked in the SMS; 1 was refused in Viber and waits in the SMS;
	// 2 is in Viber with a message that was delivered; nobody else has begun.
	w.db.Exec(`INSERT INTO steps (account, campaign, ordinal, node, link, attempts, facts, entered_at, decided_at, reason)
		VALUES ($1, $2, 0, 0, 0, 1, 64, '2026-03-02T10:00:00Z', '2026-03-02T10:30:00Z', 'not_delivered'),
		($1, $2, 0, 1, 0, 1, 1, '2026-03-02T10:30:00Z', '2026-03-02T11:00:00Z', 'clicked'),
		($1, $2, 0, 2, -1, 0, 0, '2026-03-02T11:00:00Z', '2026-03-02T11:00:00Z', 'goal'),
		($1, $2, 1, 0, 0, 1, 1024, '2026-03-02T10:00:00Z', '2026-03-02T10:30:00Z', 'error:bad_address')`, int64(mine), id)
	w.db.Exec(`INSERT INTO facts (account, campaign, segment, ordinal, node, attempt, fact, recorded_at)
		VALUES ($1, $2, 0, 0, 1, 1, 4, now()), ($1, $2, 0, 0, 1, 1, 262144, now()), ($1, $2, 0, 2, 0, 1, 1, now())`, int64(mine), id)
	w.db.Exec(`UPDATE recipients SET node = 2, phase = 7, outcome = 1, ended_at = '2026-03-02T11:00:00Z', entered_at = '2026-03-02T11:00:00Z', reason = 'goal'
		WHERE account = $1 AND campaign = $2 AND ordinal = 0`, int64(mine), id)
	w.db.Exec(`UPDATE recipients SET node = ordinal % 2, phase = 2, entered_at = '2026-03-02T10:00:00Z'
		WHERE account = $1 AND campaign = $2 AND ordinal IN (1, 2)`, int64(mine), id)
	w.db.Exec(`UPDATE contacts SET name = '=cmd()', phone = '+79160000000' WHERE account = $1 AND contact = (
		SELECT contact FROM recipients WHERE account = $1 AND campaign = $2 AND ordinal = 0)`, int64(mine), id)

	rows := c.russian().recipientsFile(path, object{})
	require.Len(t, rows, 1+n)
	require.Equal(t, []string{"№", "Имя", "Телефон", "Часовой пояс", "Состояние", "Блок", "Вошёл в блок", "Закончено", "Почему закончено",
		"Последний статус"}, rows[0][:10])
	require.Equal(t, []string{"0", "'=cmd()", "+79160000000", "Europe/Moscow", "цель достигнута"}, rows[1][:5])
	require.Equal(t, []string{"2026-03-02T11:00:00Z", "2026-03-02T11:00:00Z", "цель достигнута", "клик", "не доставлено", "клик", "цель достигнута"}, rows[1][6:])
	require.Equal(t, "ошибка: неверный адрес (bad_address)", rows[2][9])
	require.Equal(t, []string{"идёт", "доставлено", "доставлено", "", ""}, append([]string{rows[3][4]}, rows[3][9:]...))
	seen := map[string]bool{}
	for _, row := range rows[1:] {
		seen[row[0]] = true
	}
	require.Len(t, seen, n, "everybody once")

	sheet := c.recipientsFile(path, object{"format": "xlsx", "state": "goal"})
	require.Len(t, sheet, 2)
	require.Equal(t, "'=cmd()", sheet[1][1])
	require.Equal(t, "goal reached", sheet[1][4])
	require.Len(t, c.recipientsFile(path, object{"node": "s"}), 2)
	require.Len(t, c.recipientsFile(path, object{"q": rows[n][2]}), 2)
	require.Len(t, c.recipientsFile(path, object{"reason": "error"}), 1)

	c.post(path+"/recipients/export", object{"node": "lost"}, 422).says("recipients_node", "body.node")
	c.post(path+"/recipients/export", object{"separator": "x"}, 422).says("import_separator", "body.separator")
	w.other.post(path+"/recipients/export", object{}, 404).says("campaign_not_found", "")
	w.as(access.Operator).post(path+"/recipients/export", object{}, 403)
	require.Contains(t, string(c.get(path+"/history", 200).body), "campaign.exported")
}
