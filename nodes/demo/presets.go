package demo

import (
	"time"

	"kaskad/engine"
)

// Presets are the names of the profiles that come with the product.
func Presets() []string {
	return []string{"instant", "lifelike", "faulty", "faulty_repeats", "faulty_blind"}
}

// Preset gives a profile by name:
//
//   - instant accepts and delivers everything at once, and can be asked;
//   - lifelike behaves as providers and people do, by channel, and can be asked;
//   - faulty is lifelike in a bad hour, and can be asked what became of a message;
//   - faulty_repeats cannot be asked, but drops repeats under the same key;
//   - faulty_blind can neither.
func Preset(name string) (p Profile, ok bool) {
	switch name {
	case "instant":
		return Profile{Askable: true, Channels: map[string]Behaviour{"*": {Delivered: 1, Answered: 1}}}, true
	case "lifelike":
		return Profile{Askable: true, Channels: lifelike()}, true
	case "faulty":
		return Profile{Askable: true, Channels: lifelike(), Faults: badHour()}, true
	case "faulty_repeats":
		return Profile{Repeats: true, Channels: lifelike(), Faults: badHour()}, true
	case "faulty_blind":
		return Profile{Channels: lifelike(), Faults: badHour()}, true
	}
	return Profile{}, false
}

func delay(typical, longest time.Duration) Delay {
	return Delay{Typical: Duration(typical), Longest: Duration(longest)}
}

func answers() []Reply {
	return []Reply{{"да", 30}, {"Да, хочу", 20}, {"нет", 20}, {"Сколько стоит?", 12}, {"yes", 5}, {"спасибо", 5},
		{"стоп", 5}, {"отписаться", 2}, {"STOP", 1}}
}

func lifelike() map[string]Behaviour {
	read := Behaviour{
		Refused:   map[string]float64{engine.BadAddress: 0.01, engine.Rejected: 0.005},
		Failed:    map[string]float64{engine.Rejected: 0.005},
		Delivered: 0.72, NotDelivered: 0.24, Viewed: 0.7, Clicked: 0.12, Replied: 0.05, Replies: answers(),
		Spam: 0.002, Unsubscribed: 0.01,
		Delivery: delay(4*time.Second, 10*time.Minute), View: delay(12*time.Minute, 20*time.Hour),
		Click: delay(25*time.Second, time.Hour), Reply: delay(90*time.Second, 6*time.Hour),
	}
	sms := read
	sms.Delivered, sms.NotDelivered, sms.Clicked, sms.Replied = 0.91, 0.05, 0.07, 0.02
	sms.Delivery = delay(6*time.Second, 8*time.Hour)
	sms.Click = delay(8*time.Minute, 12*time.Hour)
	sms.Reply = delay(10*time.Minute, 12*time.Hour)
	whatsapp := read
	whatsapp.Delivered, whatsapp.NotDelivered, whatsapp.Viewed = 0.8, 0.16, 0.8
	return map[string]Behaviour{
		"*": read, "viber": read, "vk": read, "ok": read, "sms": sms, "whatsapp": whatsapp,
		"voice": {
			Refused:  map[string]float64{engine.BadAddress: 0.01},
			Answered: 0.58, NoAnswer: 0.4, Pressed: 0.35, Keys: map[string]float64{"1": 5, "2": 2, "0": 1, "9": 1},
			Delivery: delay(15*time.Second, 45*time.Second), Talk: delay(12*time.Second, 3*time.Minute),
			Click: delay(6*time.Second, 40*time.Second),
		},
	}
}

func badHour() Faults {
	return Faults{
		Slow: delay(40*time.Millisecond, 2*time.Second), Throttle: 0.03, Pause: Duration(300 * time.Millisecond),
		Down: 0.02, OutageEvery: Duration(time.Minute), OutageFor: Duration(3 * time.Second),
		AnswerLost: 0.02, RequestLost: 0.02, Timeout: Duration(500 * time.Millisecond),
		Early: 0.05, Twice: 0.1, Shuffled: 0.1,
	}
}
