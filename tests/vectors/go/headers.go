package main

import (
	"fmt"
	"regexp"
	"strconv"
)

type headerVectors struct {
	Cases []struct {
		Name, Text string
		Value      struct {
			Account    string
			Epoch      uint64
			Fence      uint64
			Receive_ns uint64
			Publish_ns uint64
			Number     uint64
			Snapshot   bool
		}
	}
	Refused []struct{ Name, Text string }
}

var header = regexp.MustCompile(
	`\A([a-z0-9](?:[-a-z0-9]{0,38}[a-z0-9])?) (0|[1-9][0-9]*) (0|[1-9][0-9]*) (0|[1-9][0-9]*) (0|[1-9][0-9]*) (0|[1-9][0-9]*)( snapshot)?\z`,
)

func checkHeaders(folder string, report func(file, name, problem string)) int {
	var vectors headerVectors
	load(folder, "mds_pub.json", &vectors)
	for _, row := range vectors.Cases {
		numbers, account, snapshot, err := readHeader(row.Text)
		value := row.Value
		expected := [5]uint64{value.Epoch, value.Fence, value.Receive_ns, value.Publish_ns, value.Number}
		if err != nil || numbers != expected || account != row.Value.Account || snapshot != row.Value.Snapshot {
			report("mds_pub.json", row.Name, fmt.Sprint(numbers, account, snapshot, err))
		}
	}
	for _, row := range vectors.Refused {
		if _, _, _, err := readHeader(row.Text); err == nil {
			report("mds_pub.json", row.Name, "is not refused")
		}
	}
	return len(vectors.Cases) + len(vectors.Refused)
}

func readHeader(text string) (numbers [5]uint64, account string, snapshot bool, err error) {
	found := header.FindStringSubmatch(text)
	if found == nil {
		return numbers, "", false, fmt.Errorf("is of another form")
	}
	for at := range numbers {
		if numbers[at], err = strconv.ParseUint(found[at+2], 10, 64); err != nil {
			return numbers, "", false, err
		}
	}
	return numbers, found[1], found[7] != "", nil
}
