package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
)

type tick = map[string]any

type tickVectors struct {
	Cases []struct {
		Name, JSON, Msgpack string
		Value               json.RawMessage
	}
	Refused []struct{ Name, Encoding, Hex string }
}

type identityVectors struct {
	Cases []struct {
		Name, Subject, Preimage, Identity string
		Tick                              json.RawMessage
	}
}

var texts = []string{
	"symbol", "exchange", "trading_day", "raw_trading_day", "raw_action_day", "update_time", "raw_exchange_id",
	"exchange_inst_id",
}
var identityDoubles = append([]string{
	"last_price", "open_price", "high_price", "low_price", "close_price", "settlement", "limit_up", "limit_down",
	"open_interest",
}, append(levels("bid_price"), levels("ask_price")...)...)
var otherDoubles = []string{
	"pre_settlement", "pre_close", "pre_open_interest", "turnover", "average_price", "pre_delta", "curr_delta",
	"banding_upper", "banding_lower", "circuit_ref_price",
}
var integers = append([]string{"update_millisec"}, append(levels("bid_volume"), levels("ask_volume")...)...)

func levels(name string) (found []string) {
	for n := 1; n <= 5; n++ {
		found = append(found, fmt.Sprintf("%s_%d", name, n))
	}
	return found
}

// readTick says what a tick must be; its numbers are int64 and float64.
func readTick(found tick) error {
	count := 4
	if found["v"] != int64(1) {
		return fmt.Errorf("v is %v", found["v"])
	}
	for _, name := range []string{"exchange_time_ns", "volume"} {
		if _, ok := found[name].(int64); !ok {
			return fmt.Errorf("%s is %T", name, found[name])
		}
	}
	if sent, there := found["sending_time"]; !there || sent != nil && reflect.TypeOf(sent).Kind() != reflect.String {
		return fmt.Errorf("sending_time is %T", sent)
	}
	for _, name := range texts {
		if text, ok := found[name].(string); !ok || len([]rune(text)) > 81 {
			return fmt.Errorf("%s is no short text", name)
		}
	}
	for _, name := range append(append([]string{}, identityDoubles...), otherDoubles...) {
		value, there := found[name]
		if !there {
			return fmt.Errorf("%s is missing", name)
		}
		if value != nil {
			number, ok := toDouble(value)
			if !ok || math.IsNaN(number) || math.Abs(number) >= math.MaxFloat64 {
				return fmt.Errorf("%s is %v", name, value)
			}
			found[name] = number
		}
	}
	for _, name := range integers {
		number, ok := found[name].(int64)
		if !ok || number < math.MinInt32 || number > math.MaxInt32 {
			return fmt.Errorf("%s is %v", name, found[name])
		}
	}
	count += len(texts) + len(identityDoubles) + len(otherDoubles) + len(integers)
	if len(found) != count {
		return fmt.Errorf("%d fields, not %d", len(found), count)
	}
	return nil
}

func toDouble(value any) (float64, bool) {
	if whole, ok := value.(int64); ok {
		return float64(whole), true // an integral double may be written so
	}
	number, ok := value.(float64)
	return number, ok
}

func decodeTick(encoding string, body []byte) (found tick, err error) {
	if len(body) > 16*1024 {
		return nil, fmt.Errorf("%d bytes", len(body))
	}
	var value any
	if encoding == "json" {
		value, err = readJSON(body)
	} else {
		value, err = readMsgpack(body)
	}
	if err != nil {
		return nil, err
	}
	found, ok := value.(tick)
	if !ok {
		return nil, fmt.Errorf("is %T", value)
	}
	return found, readTick(found)
}

func checkTicks(folder string, report func(file, name, problem string)) (checked int) {
	var vectors tickVectors
	load(folder, "ticks.json", &vectors)
	for _, row := range vectors.Cases {
		expected, err := decodeTick("json", row.Value)
		if err != nil {
			report("ticks.json", row.Name, err.Error())
		}
		for encoding, text := range map[string]string{"json": row.JSON, "msgpack": row.Msgpack} {
			checked++
			if found, err := decodeTick(encoding, unhex(text)); err != nil || !reflect.DeepEqual(found, expected) {
				report("ticks.json", row.Name, fmt.Sprintf("%s: %v: %v", encoding, found, err))
			}
		}
	}
	for _, row := range vectors.Refused {
		if row.Encoding == "pickle" {
			continue // for Python readers
		}
		checked++
		if _, err := decodeTick(row.Encoding, unhex(row.Hex)); err == nil {
			report("ticks.json", row.Name, row.Encoding+" is not refused")
		}
	}
	return checked
}

func checkIdentities(folder string, report func(file, name, problem string)) int {
	var vectors identityVectors
	load(folder, "identity.json", &vectors)
	for _, row := range vectors.Cases {
		found, err := decodeTick("json", row.Tick)
		if err != nil {
			report("identity.json", row.Name, err.Error())
			continue
		}
		preimage := buildPreimage(row.Subject, found)
		hash := sha256.Sum256(preimage)
		identity := base64.RawURLEncoding.EncodeToString(hash[:16])
		if hex.EncodeToString(preimage) != row.Preimage || identity != row.Identity {
			report("identity.json", row.Name, identity)
		}
	}
	return len(vectors.Cases)
}

func buildPreimage(subject string, of tick) []byte {
	var data bytes.Buffer
	fmt.Fprintf(&data, "%s\x00%s.%s\x00%s\x00", subject, of["symbol"], of["exchange"], of["update_time"])
	for _, name := range identityDoubles {
		number := math.MaxFloat64
		if value, ok := of[name].(float64); ok {
			number = value + 0 // minus zero is zero
		}
		binary.Write(&data, binary.LittleEndian, number)
	}
	binary.Write(&data, binary.LittleEndian, of["volume"])
	for _, name := range integers {
		binary.Write(&data, binary.LittleEndian, int32(of[name].(int64)))
	}
	return data.Bytes()
}

func load(folder, file string, into any) {
	data, err := os.ReadFile(filepath.Join(folder, file))
	if err == nil {
		err = json.Unmarshal(data, into)
	}
	if err != nil {
		panic(err)
	}
}

func unhex(text string) []byte {
	data, err := hex.DecodeString(text)
	if err != nil {
		panic(err)
	}
	return data
}
