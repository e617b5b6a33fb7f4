// Uses both libraries as badly as the API allows, under a sanitizer: requests from many threads while ticks
// arrive and the front drops the connection, a callback interface that is taken away, Join() while Release() runs, Release() inside a callback.
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <vector>

#include "ThostFtdcMdApi.h"
#include "ThostFtdcTraderApi.h"

namespace {

void pause_ms(int ms) { std::this_thread::sleep_for(std::chrono::milliseconds(ms)); }

template <class Condition>
bool wait_for(Condition condition) {
  for (int i = 0; i < 500 && !condition(); ++i) pause_ms(20);
  return condition();
}

char contract[] = "rb2701";
char* contracts[] = {contract};

struct Md : CThostFtdcMdSpi {
  CThostFtdcMdApi* api = nullptr;
  std::atomic<int> logins{0}, ticks{0};
  bool release_in_callback = false;
  void OnFrontConnected() override {
    CThostFtdcReqUserLoginField field{};
    std::strcpy(field.UserID, "stress");
    api->ReqUserLogin(&field, 1);
  }
  void OnRspUserLogin(CThostFtdcRspUserLoginField*, CThostFtdcRspInfoField*, int, bool) override {
    ++logins;
    api->SubscribeMarketData(contracts, 1);
  }
  void OnRtnDepthMarketData(CThostFtdcDepthMarketDataField*) override {
    if (++ticks > 1000 && release_in_callback) {
      release_in_callback = false;
      api->Release();
    }
  }
};

struct Td : CThostFtdcTraderSpi {
  CThostFtdcTraderApi* api = nullptr;
  std::atomic<int> logins{0}, rows{0};
  void OnFrontConnected() override {
    CThostFtdcReqUserLoginField field{};
    std::strcpy(field.UserID, "stress");
    api->ReqUserLogin(&field, 1);
  }
  void OnRspUserLogin(CThostFtdcRspUserLoginField*, CThostFtdcRspInfoField*, int, bool) override { ++logins; }
  void OnRspQryInstrument(CThostFtdcInstrumentField*, CThostFtdcRspInfoField*, int, bool) override { ++rows; }
};

bool stress_market_data(char* front, bool release_in_callback) {
  Md spi;
  spi.release_in_callback = release_in_callback;
  spi.api = CThostFtdcMdApi::CreateFtdcMdApi("", false, false, true);
  spi.api->RegisterSpi(&spi);
  spi.api->RegisterFront(front);
  spi.api->Init();
  auto* api = spi.api;
  if (!wait_for([&] { return spi.logins > 0; })) return false;
  std::thread joining([api] { api->Join(); });
  pause_ms(50);  // Join() must have begun before the object goes
  if (release_in_callback) {
    api->SubscribeMarketData(contracts, 1);
    const bool enough = wait_for([&] { return spi.ticks > 1000; });
    joining.join();
    return enough;
  }
  std::vector<std::thread> callers;
  for (int i = 0; i < 3; ++i) {
    callers.emplace_back([api] {
      for (int n = 0; n < 200; ++n) {
        api->SubscribeMarketData(contracts, 1);
        pause_ms(1);
        if (std::strlen(api->GetTradingDay()) != 8) std::abort();
        if (n % 10 == 9) api->UnSubscribeMarketData(contracts, 1);
      }
    });
  }
  for (auto& caller : callers) caller.join();
  api->SubscribeMarketData(contracts, 1);
  const bool enough = wait_for([&] { return spi.ticks > 1000; });
  api->RegisterSpi(nullptr);
  api->Release();
  joining.join();
  return enough;
}

bool stress_trading(char* front) {
  Td spi;
  spi.api = CThostFtdcTraderApi::CreateFtdcTraderApi("", true);
  spi.api->RegisterSpi(&spi);
  spi.api->SubscribePublicTopic(THOST_TERT_RESTART);
  spi.api->RegisterFront(front);
  spi.api->Init();
  if (!wait_for([&] { return spi.logins > 0; })) return false;
  std::vector<std::thread> callers;
  for (int i = 0; i < 3; ++i) {
    callers.emplace_back([api = spi.api] {
      CThostFtdcQryInstrumentField field{};
      for (int n = 0; n < 100; ++n, pause_ms(1)) api->ReqQryInstrument(&field, n);
    });
  }
  for (auto& caller : callers) caller.join();
  const bool enough = wait_for([&] { return spi.rows > 5; });
  spi.api->Release();
  return enough;
}

}  // namespace

int main(int, char** arguments) {
  const bool ok = stress_market_data(arguments[1], false) && stress_market_data(arguments[1], true) &&
                  stress_trading(arguments[2]);
  std::puts(ok ? "survived" : "starved");
  return ok ? 0 : 1;
}
