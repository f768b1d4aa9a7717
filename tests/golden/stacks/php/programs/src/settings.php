<?php

throw new App\StockError("no settings for " . $order);
