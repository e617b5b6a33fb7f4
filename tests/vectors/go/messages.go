package main

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
)

type messageVectors struct {
	Cases []struct {
		Name, Hex string
		Value     json.RawMessage
	}
}

var areas = []string{
	"route", "heartbeat", "settings", "contracts", "events", "rpc", "fence", "quarantine",
}

const year2000, year2200 = 946_684_800_000_000_000, 7_258_118_400_000_000_000

func checkMessages(folder string, report func(file, name, problem string)) (checked int) {
	for _, area := range areas {
		file := area + ".json"
		var vectors messageVectors
		load(folder, file, &vectors)
		for _, row := range vectors.Cases {
			checked++
			found, err := readJSON(unhex(row.Hex))
			if err == nil {
				err = checkTimes("$", found)
			}
			if expected, _ := readJSON(row.Value); err != nil || !reflect.DeepEqual(found, expected) {
				report(file, row.Name, fmt.Sprint(found, err))
			}
		}
	}
	return checked
}

// checkTimes holds every `..._ns` of a message to be an integer of 2000 to 2199.
func checkTimes(path string, value any) error {
	switch of := value.(type) {
	case map[string]any:
		for key, each := range of {
			time, ok := each.(int64)
			if strings.HasSuffix(key, "_ns") && (!ok || time < year2000 || time >= year2200) {
				return fmt.Errorf("%s.%s is %v", path, key, each)
			}
			if err := checkTimes(path+"."+key, each); err != nil {
				return err
			}
		}
	case []any:
		for at, each := range of {
			if err := checkTimes(fmt.Sprintf("%s[%d]", path, at), each); err != nil {
				return err
			}
		}
	}
	return nil
}
