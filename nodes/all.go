// Package nodes is the list of block types. A new block is a folder beside this file and its line here.
package nodes

import (
	"kaskad/engine/scheme"
	"kaskad/nodes/autoreply"
	"kaskad/nodes/close"
	"kaskad/nodes/condition"
	"kaskad/nodes/delay"
	"kaskad/nodes/distribute"
	"kaskad/nodes/goal"
	"kaskad/nodes/hours"
	"kaskad/nodes/menu"
	"kaskad/nodes/ok"
	"kaskad/nodes/priority"
	"kaskad/nodes/sms"
	"kaskad/nodes/split"
	"kaskad/nodes/tag"
	"kaskad/nodes/update"
	"kaskad/nodes/viber"
	"kaskad/nodes/vk"
	"kaskad/nodes/voice"
	"kaskad/nodes/webhook"
	"kaskad/nodes/whatsapp"
)

// List gives every block type in the order in which a palette shows them.
func List() []scheme.Type {
	return []scheme.Type{
		sms.Type(),
		viber.Type(),
		whatsapp.Type(),
		voice.Type(),
		vk.Type(),
		ok.Type(),
		delay.Type(),
		condition.Type(),
		split.Type(),
		webhook.Type(),
		update.Type(),
		goal.Type(),
		distribute.Type(),
		hours.Type(),
		menu.Type(),
		autoreply.Type(),
		tag.Type(),
		priority.Type(),
		close.Type(),
	}
}

// All gives every block type by name.
func All() scheme.Types { return scheme.NewTypes(List()...) }
